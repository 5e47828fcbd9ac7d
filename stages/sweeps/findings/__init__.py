"""What one kind of sweep shows beyond the effects of its axes: a module for each kind, chosen by its axes."""
