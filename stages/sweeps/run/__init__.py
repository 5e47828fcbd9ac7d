"""Running the experiments of a sweep."""
