"""ECR: the registry protocol by a role's token, tags that may not move, pushes."""
