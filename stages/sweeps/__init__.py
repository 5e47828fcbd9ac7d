"""Grids over params: what a sweep asks, the experiments that it runs, and what they show together."""
