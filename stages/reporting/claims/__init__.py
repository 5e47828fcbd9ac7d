"""A stand on each claim that a reader has met elsewhere."""
