"""CodeDeploy for ECS: deployments, as AWS documents them."""
