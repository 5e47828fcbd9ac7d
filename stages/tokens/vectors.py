"""Pretrained embeddings, one row for each word of the vocabulary."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

VECTORS = "vectors.npy"


def load_vectors(tokens: Path) -> NDArray[np.float32] | None:
    """The vectors that `tokenize` wrote, shape (vocabulary, dimension); None where it wrote none.

    Row 0 is zero, and the rows of words without a vector are NaN.
    """
    path = tokens / VECTORS
    return np.load(path) if path.exists() else None
