"""The verbs, one file each: its options, its help and its work."""
