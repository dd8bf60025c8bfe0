"""Deployments that ECS does itself: rolling, blue/green, canary, linear; their revisions, hooks and rollbacks."""
