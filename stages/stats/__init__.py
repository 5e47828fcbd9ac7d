"""Statistics as pure functions on arrays and sums: no Keras, no files, no params."""
