"""The components a stack is made of, one noun per file; each grants its own least privilege."""
