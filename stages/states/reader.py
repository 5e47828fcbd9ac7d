"""Reading states files batch by batch, alone or two conditions row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stages.errors import UserError
from stages.runtime.parquet import matrix, opened, record_batches
from stages.states.schema import PROBABILITY, SCHEMA_VERSION, StatesMetadata

BATCH_ROWS = 1024


@dataclass(frozen=True)
class StatesBatch:
    """n texts under one condition.

    Attributes:
        text_id: shape (n,), int64.
        label: shape (n,), int32.
        length: tokens of each text, shape (n,), int32.
        pads: padded positions in front of or behind each text, shape (n,), int32.
        probability: shape (n, classes), float32.
        vectors: the columns asked for, each of shape (n, width), float32.
    """

    text_id: NDArray[np.int64]
    label: NDArray[np.int32]
    length: NDArray[np.int32]
    pads: NDArray[np.int32]
    probability: NDArray[np.float32]
    vectors: dict[str, NDArray[np.float32]]


def read_metadata(path: Path) -> StatesMetadata:
    """What a states file says of itself.

    Raises:
        UserError: the file is missing, damaged, or not a states file of this version.
    """
    with opened(path) as file:
        return _metadata(path, file)


def states_batches(path: Path, vectors: Sequence[str], batch_rows: int = BATCH_ROWS) -> Iterator[StatesBatch]:
    """Read one states file in batches; only the columns needed are read.

    Raises:
        UserError: the file is missing or damaged, or a column is absent.
    """
    read_metadata(path)
    keys = ("text_id", "label", "length", "pads")
    for batch in record_batches(path, [*keys, PROBABILITY, *vectors], batch_rows):
        yield StatesBatch(
            **{name: batch[name].to_numpy() for name in keys},
            probability=matrix(batch[PROBABILITY]),
            vectors={name: matrix(batch[name]) for name in vectors},
        )


def read_readout(path: Path) -> NDArray[np.float64]:
    """The directions along which a model's classifier reads, shape (features, directions).

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        directions: NDArray[np.float64] = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to export it") from None
    except (EOFError, OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable array ({error}); delete it and run `dvc repro` again") from None
    return directions


def aligned_batches(
    paths: Sequence[Path], vectors: Sequence[str], batch_rows: int = BATCH_ROWS
) -> Iterator[tuple[StatesBatch, ...]]:
    """Read several conditions of the same texts side by side: the same rows of every file, a batch at a time.

    Raises:
        UserError: the files do not hold the same texts in the same order, or one is missing or damaged.
    """
    for batches in zip_longest(*(states_batches(path, vectors, batch_rows) for path in paths)):
        for path, batch in zip(paths, batches, strict=True):
            if batch is None or batches[0] is None or not np.array_equal(batch.text_id, batches[0].text_id):
                raise UserError(
                    f"{paths[0]} and {path}: they do not hold the same texts in the same order; "
                    "run `dvc repro` to export both again"
                )
        yield batches


def _metadata(path: Path, file: pq.ParquetFile) -> StatesMetadata:
    try:
        metadata = StatesMetadata.decode(file.schema_arrow.metadata or {})
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: a Parquet file, but not one of hidden states; run `dvc repro` to export it") from None
    if metadata.schema != SCHEMA_VERSION:
        raise UserError(
            f"{path}: written with layout {metadata.schema}, this program reads layout {SCHEMA_VERSION}; "
            "run `dvc repro` to export it again"
        )
    return metadata
