"""Tools for keeping this repository."""
