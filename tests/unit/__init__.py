"""Documents, settings, components and both stacks under mocks."""
