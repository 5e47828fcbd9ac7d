"""What a run will need of a machine, before it starts."""
