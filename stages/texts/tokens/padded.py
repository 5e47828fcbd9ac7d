"""Reading padded texts: the product of the stage `pad`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stages.errors import UserError
from stages.runtime.parquet import matrix, opened, record_batches

COLUMNS = ("text_id", "label", "tokens", "length")
READING_ROWS = 4096


@dataclass(frozen=True)
class PaddedBatch:
    """n texts, padded to one width.

    Attributes:
        text_id: which text of the corpus, shape (n,), int64.
        label: index of its class, shape (n,), int32.
        tokens: vocabulary indices, 0 for padding and for nothing else, shape (n, max_len), int32.
        length: positions that are not padding, each at least 1, shape (n,), int32.
    """

    text_id: NDArray[np.int64]
    label: NDArray[np.int32]
    tokens: NDArray[np.int32]
    length: NDArray[np.int32]


def padded_batches(path: Path, batch_size: int) -> Iterator[PaddedBatch]:
    """The texts of one padded file in order, at most `batch_size` at a time; the arrays are read-only.

    Raises:
        UserError: the file is missing, damaged, or not one of padded texts.
    """
    for batch in record_batches(path, COLUMNS, batch_size):
        tokens = batch["tokens"]
        _check(path, tokens.type)
        yield PaddedBatch(
            text_id=batch["text_id"].to_numpy(),
            label=batch["label"].to_numpy(),
            tokens=matrix(tokens),
            length=batch["length"].to_numpy(),
        )


def read_padded(path: Path) -> PaddedBatch:
    """One padded file as a whole, 4 · (max_len + 4) bytes a text.

    Raises:
        UserError: as `padded_batches`.
    """
    with opened(path, COLUMNS) as file:
        rows, tokens = file.metadata.num_rows, file.schema_arrow.field("tokens").type
    _check(path, tokens)
    whole = PaddedBatch(
        text_id=np.empty(rows, np.int64),
        label=np.empty(rows, np.int32),
        tokens=np.empty((rows, tokens.list_size), np.int32),
        length=np.empty(rows, np.int32),
    )
    start = 0
    for batch in padded_batches(path, READING_ROWS):
        stop = start + len(batch.text_id)
        for name in COLUMNS:
            getattr(whole, name)[start:stop] = getattr(batch, name)
        start = stop
    return whole


def _check(path: Path, tokens: pa.DataType) -> None:
    if not pa.types.is_fixed_size_list(tokens):
        raise UserError(f"{path}: its texts are not padded to one width; run `dvc repro` to pad them")
