"""Load balancers, listeners and target groups, with real HTTP."""
