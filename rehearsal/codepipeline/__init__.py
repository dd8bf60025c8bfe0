"""CodePipeline, as AWS documents it."""
