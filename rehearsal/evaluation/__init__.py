"""The declared program, evaluated: its configuration, its resources, its secrets."""
