"""What a rehearsal is held against: the same real work by hand."""
