"""Level `container`: Docker builds, pushes and runs, in networks that follow the declared security groups."""
