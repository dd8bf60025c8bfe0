"""Images: packing them, and the registry protocol."""
