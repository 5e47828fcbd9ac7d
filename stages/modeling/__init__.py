"""Architectures, batches, and the training of one seed of one cell."""
