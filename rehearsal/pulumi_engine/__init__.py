"""The same program through the real Pulumi CLI and engine: a file backend, and the local cloud as the `aws` provider."""
