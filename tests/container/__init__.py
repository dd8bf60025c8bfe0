"""Whole releases with a real Docker."""
