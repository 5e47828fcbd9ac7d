"""The Parquet files between stages, read and written in batches so that memory does not grow with the texts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stages.errors import UserError

ROW_GROUP_BYTES = 16 * 2**20
BUFFER_BYTES = 64 * 2**10


@contextmanager
def opened(path: Path, columns: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file of an earlier stage that has `columns`.

    Raises:
        UserError: the file is missing, lacks a column, or turns out damaged while the block reads it.
    """
    try:
        # Without pre_buffer and with a buffer, column chunks are read bit by bit and never held whole.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER_BYTES) as file:
            names = file.schema_arrow.names
            missing = [name for name in columns if name not in names]
            if missing:
                raise UserError(
                    f"{path}: no column {', '.join(missing)}, it has {', '.join(names)}; "
                    "delete it and run `dvc repro` to make it again"
                )
            yield file
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except pa.ArrowInvalid as error:
        raise _damaged(path, error) from None
    except OSError as error:
        # An OSError without a number is Arrow's word for damaged content; one with a number is the system's.
        if error.errno is not None:
            raise
        raise _damaged(path, error) from None


def record_batches(path: Path, columns: Sequence[str], batch_size: int) -> Iterator[pa.RecordBatch]:
    """The rows of a file in order, at most `batch_size` at a time, with `columns` alone.

    Raises:
        UserError: as `opened`.
    """
    with opened(path, columns) as file:
        yield from file.iter_batches(batch_size=batch_size, columns=list(columns), use_threads=False)


def matrix(column: pa.FixedSizeListArray) -> NDArray[Any]:
    """The values of a fixed-size list column of n rows as a numpy array of shape (n, width)."""
    # `values` would ignore where a slice of a larger array begins.
    values: NDArray[Any] = column.flatten().to_numpy()
    return values.reshape(len(column), column.type.list_size)


class RowGroupWriter:
    """Gathers record batches until they fill a row group, so that small batches do not make thousands of them."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._waiting: list[pa.RecordBatch] = []
        self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append one batch of the writer's schema; an empty one changes nothing."""
        if batch.num_rows == 0:
            return
        self._waiting.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one row group."""
        if self._waiting:
            table = pa.Table.from_batches(self._waiting)
            self._writer.write_table(table, row_group_size=table.num_rows)
        self._waiting, self._bytes = [], 0


@contextmanager
def row_group_writer(
    path: Path, schema: pa.Schema, *, level: int = 3, split_floats: Sequence[str] = ()
) -> Iterator[RowGroupWriter]:
    """Open a Parquet file for writing: zstd, no dictionary, statistics on numeric key columns alone.

    Args:
        path: where to write.
        schema: its columns.
        level: zstd's compression level.
        split_floats: leaf columns of floats to byte-stream-split, which is what makes zstd shrink them at all.
    """
    keys = [field.name for field in schema if pa.types.is_integer(field.type)]
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=level,
        use_dictionary=False,
        use_byte_stream_split=list(split_floats),
        write_statistics=keys,
    ) as parquet:
        writer = RowGroupWriter(parquet)
        yield writer
        writer.flush()


def _damaged(path: Path, error: Exception) -> UserError:
    reason = " ".join(str(error).split())
    return UserError(f"{path}: the file is cut off or damaged ({reason}); delete it and run `dvc repro` again")
