"""SNS, as AWS documents it."""
