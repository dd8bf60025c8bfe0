"""ECS services, task sets and tasks."""
