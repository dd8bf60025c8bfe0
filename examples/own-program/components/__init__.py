"""Components of this program's own."""
