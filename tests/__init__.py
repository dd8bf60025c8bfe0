"""Tests, in tiers: see `python -m tests --help`."""
