"""Writing a corpus: one Parquet file a split, and a checksum over all of its texts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from stages.texts.corpora.selection import Selection

ROWS_OF_A_GROUP = 16_384
CHARACTERS_OF_A_GROUP = 1 << 22

SCHEMA = pa.schema(
    [
        pa.field("text_id", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
    ]
)

Row = tuple[int, str, int]
"""text_id, text, and the number of its class in the store."""


class Digest(Protocol):
    """A running checksum, as `hashlib` makes them."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""


def write_split(path: Path, rows: Iterator[Row], selection: Selection, split: str, digest: Digest) -> None:
    """Write a split's rows, and take each into the checksum as a line of JSON: text, class, split."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for group in _groups(rows):
            for _, text, label in group:
                name = selection.classes[selection.ranks[label]]
                digest.update(json.dumps([text, name, split]).encode() + b"\n")
            columns = [
                pa.array([text_id for text_id, _, _ in group], pa.int64()),
                pa.array([text for _, text, _ in group], pa.string()),
                pa.array([selection.ranks[label] for _, _, label in group], pa.int32()),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Row groups, bounded in rows and in characters."""
    group: list[Row] = []
    characters = 0
    for row in rows:
        group.append(row)
        characters += len(row[1])
        if len(group) == ROWS_OF_A_GROUP or characters >= CHARACTERS_OF_A_GROUP:
            yield group
            group, characters = [], 0
    if group:
        yield group
