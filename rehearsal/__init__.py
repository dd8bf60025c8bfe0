"""The rehearsal: a local cloud in which the declared program runs, and services that behave like AWS's."""
