"""Levels of reality: what runs the containers, and how images get into the registry."""
