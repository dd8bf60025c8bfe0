"""EventBridge, as AWS documents it."""
