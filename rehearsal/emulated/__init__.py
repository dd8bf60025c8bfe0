"""Services without a folder of their own: the emulator plays them, or the authority, or nobody; how their resources are made."""
