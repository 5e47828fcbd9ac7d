"""Who does the work: processes on this machine, or the workers of a dask cluster."""
