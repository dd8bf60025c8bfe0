"""The real Pulumi CLI and engine."""
