"""Services that the emulator plays alone: how their declared resources are made there."""
