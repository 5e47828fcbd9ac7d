"""Texts as bags of words: which tokens each text holds, their order and number forgotten."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from stages.runtime.parquet import record_batches
from stages.texts.tokens.vocabulary import PADDING, UNKNOWN

BATCH_TEXTS = 1024
NO_WORDS = [PADDING, UNKNOWN]
"""Padding, which no text holds, and unknown, which says nothing of which word it was."""


def bag_tokens(training: Path, size: int, most: int) -> NDArray[np.int64]:
    """The tokens that are features: those in the most training texts, of equals the lower index; rising.

    Args:
        training: tokens file of the training texts.
        size: number of tokens in the vocabulary.
        most: how many features there may be.
    """
    texts = np.zeros(size, dtype=np.int64)
    for present, _ in _bags(training, size):
        texts += np.bincount(present.indices, minlength=size)
    texts[NO_WORDS] = 0
    order = np.argsort(-texts, kind="stable")[:most]
    return np.sort(order[texts[order] > 0])


def bags_of(path: Path, tokens: NDArray[np.int64], size: int) -> tuple[sparse.csr_matrix, NDArray[np.int64]]:
    """Which of `tokens` each text of a tokens file holds, and the index of its class; about 4 bytes a token held.

    Returns:
        1 or nothing, shape (texts, tokens), and labels of shape (texts,).
    """
    batches = [(present[:, tokens], label) for present, label in _bags(path, size)]
    presences, labels = zip(*batches, strict=True)
    return sparse.vstack(presences, format="csr"), np.concatenate(labels)


def _bags(path: Path, size: int) -> Iterator[tuple[sparse.csr_matrix, NDArray[np.int64]]]:
    """Which tokens each text holds, shape (texts, size), and its label, a batch of texts at a time."""
    for batch in record_batches(path, ["label", "tokens", "length"], BATCH_TEXTS):
        columns = batch["tokens"].flatten().to_numpy()
        row = np.repeat(np.arange(len(batch)), batch["length"].to_numpy())
        present = sparse.csr_matrix((np.ones(len(row), np.float32), (row, columns)), shape=(len(batch), size))
        present.data[:] = 1  # the constructor added up what stands there more than once
        yield present, batch["label"].to_numpy().astype(np.int64)
