"""The cloud that is rehearsed in: what is declared in it, its time, and what happened in it."""
