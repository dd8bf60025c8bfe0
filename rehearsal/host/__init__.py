"""What runs on this machine: child processes and the database."""
