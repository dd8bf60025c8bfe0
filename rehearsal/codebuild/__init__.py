"""CodeBuild, as AWS documents it."""
