"""Level `process`: images unpacked, their commands run as processes of this machine."""
