"""The hidden states on disk: one Parquet file for each side, variant, seed and condition."""
