"""Writing a states file batch by batch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stages.runtime.files import whole_file
from stages.runtime.parquet import RowGroupWriter, row_group_writer
from stages.states.schema import StatesMetadata, arrow_schema

ZSTD_LEVEL = 1


class StatesWriter:
    """Appends texts to one states file."""

    def __init__(self, rows: RowGroupWriter, schema: pa.Schema) -> None:
        self._rows = rows
        self._schema = schema

    def add(self, columns: Mapping[str, NDArray[np.generic]], split: str) -> None:
        """Add n texts: key columns of shape (n,), vector columns of shape (n, width) as float32."""
        arrays = [_array(field, columns, split) for field in self._schema]
        self._rows.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def flush(self) -> None:
        """Write what was added as row groups, so that nothing waits in memory."""
        self._rows.flush()


@contextmanager
def states_writer(path: Path, metadata: StatesMetadata) -> Iterator[StatesWriter]:
    """Open a states file for writing; it gets its name when the block ends without an error."""
    schema = arrow_schema(metadata)
    floats = [f"{name}.list.element" for name in metadata.widths]
    with (
        whole_file(path) as partial,
        row_group_writer(partial, schema, level=ZSTD_LEVEL, split_floats=floats) as rows,
    ):
        yield StatesWriter(rows, schema)


def _array(field: pa.Field, columns: Mapping[str, NDArray[np.generic]], split: str) -> pa.Array:
    if field.name == "split":
        return pa.array([split] * len(columns["text_id"]), field.type)
    values = columns[field.name]
    if not pa.types.is_fixed_size_list(field.type):
        return pa.array(values, field.type)
    if values.shape[1:] != (field.type.list_size,):
        raise ValueError(f"{field.name}: shape {values.shape} where (n, {field.type.list_size}) is declared")
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, type=field.type)
