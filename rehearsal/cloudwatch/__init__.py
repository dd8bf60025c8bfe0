"""CloudWatch, as AWS documents it."""
