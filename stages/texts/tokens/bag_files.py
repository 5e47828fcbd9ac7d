"""Bags of words from files of tokens: made once, then read from a scratch file, one batch of texts at a time.

A fit reads the training texts some hundred times. To make the bags anew each time would take most of the time, and to
hold them, as one matrix a split in a file of SciPy's would have it, memory in proportion to the texts.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from stages.runtime.parquet import record_batches
from stages.texts.tokens.bags import Bags, Corpus, feature_columns, presence, texts_with
from stages.texts.tokens.vocabulary import PADDING, UNKNOWN

BATCH_TEXTS = 1024
NO_WORDS = (PADDING, UNKNOWN)
"""Padding, which no text holds, and unknown, which says nothing of which word it was."""


def columns_of(training: Path, size: int, most: int) -> NDArray[np.int64]:
    """The column of every token, as `feature_columns`, from the tokens file of the training texts.

    Args:
        training: the file.
        size: of the vocabulary.
        most: how many features there may be.
    """
    held = np.zeros(size, dtype=np.int64)
    for batch in record_batches(training, ["tokens", "length"], BATCH_TEXTS):
        held += texts_with(batch["tokens"].flatten().to_numpy(), batch["length"].to_numpy(), size)
    return feature_columns(held, most, NO_WORDS)


def bags_of(path: Path, columns: NDArray[np.int64], scratch: Path) -> Corpus:
    """The texts of one tokens file as bags, written to the file `scratch` and read from there a batch at a time."""
    with scratch.open("wb") as file:
        for bags in _bags(path, columns):
            _write(file, bags)
    width = int(columns.max()) + 1
    return lambda: _read(scratch, width)


def _bags(path: Path, columns: NDArray[np.int64]) -> Iterator[Bags]:
    for batch in record_batches(path, ["label", "tokens", "length"], BATCH_TEXTS):
        present = presence(batch["tokens"].flatten().to_numpy(), batch["length"].to_numpy(), columns)
        yield Bags(present, batch["label"].to_numpy())


def _write(file: BinaryIO, bags: Bags) -> None:
    """Numbers of texts and of ones; labels, where each text ends, and the columns of its ones."""
    texts, ones = bags.present.shape[0], bags.present.nnz
    for values in ([texts, ones], bags.label, bags.present.indptr[1:], bags.present.indices):
        file.write(np.asarray(values, dtype=np.int32).tobytes())


def _read(scratch: Path, width: int) -> Iterator[Bags]:
    with scratch.open("rb") as file:
        while head := file.read(8):
            texts, ones = np.frombuffer(head, np.int32).tolist()
            label, end, columns = np.split(
                np.frombuffer(file.read(4 * (2 * texts + ones)), np.int32), [texts, 2 * texts]
            )
            start = np.concatenate([np.zeros(1, np.int32), end])
            yield Bags(sparse.csr_matrix((np.ones(ones), columns, start), shape=(texts, width)), label)
