"""What is played in a rehearsal, and how it is told."""
