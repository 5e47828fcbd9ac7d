"""Measurements of time and memory; none of them is part of the pipeline."""
