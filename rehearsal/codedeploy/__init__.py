"""CodeDeploy for ECS, and the pipeline action that hands over to it."""
