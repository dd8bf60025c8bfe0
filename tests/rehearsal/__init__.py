"""The imitated services and whole releases at level process."""
