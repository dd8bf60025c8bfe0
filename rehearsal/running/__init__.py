"""A rehearsal that runs: its parts, its traffic, and what the world outside answers."""
