"""Building the models, and training one seed of one cell."""
