"""What may stand in params.yaml, as checked types."""
