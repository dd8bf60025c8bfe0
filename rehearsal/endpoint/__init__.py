"""An AWS endpoint: HTTP, signatures, the permissions a call needs, refusals, and the emulator behind it."""
