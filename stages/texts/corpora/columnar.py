"""Rows of Parquet files, and of the folders that Hugging Face's `datasets` keeps: a file or more for each split."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.parquet as pq

from stages.errors import UserError
from stages.texts.corpora.columns import Columns, check_columns, typed
from stages.texts.corpora.source import SPLIT_NAMES, RawText

BATCH = 1_024
BUFFER_BYTES = 1 << 20
ENDINGS = (".parquet", ".arrow")
STRING_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
LABEL_TYPES = (*STRING_TYPES, pa.types.is_integer, pa.types.is_boolean, pa.types.is_floating)


def columnar(path: Path, columns: Columns, name: str) -> Iterator[RawText]:
    """The rows of a Parquet file, or of an Arrow stream as `save_to_disk` writes it.

    Raises:
        UserError: the file is damaged, lacks a column, or a column has a type that it cannot have; while one iterates.
    """
    try:
        with _opened(path, columns) as (schema, batches):
            check_columns(schema.names, columns, name)
            _check_types(schema, columns, name)
            named, text_id = _class_names(schema, columns.label), 0
            for batch in batches:
                lists = [_values(batch.column(column), column, text_id, name) for column in columns.names]
                for text, label, *split in zip(*lists, strict=True):
                    values = [text, named.get(label, label), *split]
                    yield typed(text_id, f"row {text_id}", values, columns, name)
                    text_id += 1
    except PermissionError:
        raise UserError(f"{name}: no permission to read it; give it with `chmod u+r`") from None
    except MemoryError:  # one of pyarrow's is an ArrowException, too
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last in names of columns
        reason = " ".join(str(error).split())
        raise UserError(
            f"{name}: damaged, or not a {path.suffix[1:]} file ({reason}); fetch or write it again"
        ) from None


def hub_folder(folder: Path, columns: Columns, name: str) -> Iterator[RawText]:
    """The rows of all files below a folder of `datasets`, in the order of their names.

    The split is the word that a file's name, or a folder's above it, begins with (`train-00000-of-00001.parquet`,
    `test/0000.parquet`), unless the params name a column of splits.

    Raises:
        UserError: there is no file, or files of more than one configuration, or some name a split and others none.
    """
    found = [path for path in folder.rglob("*") if path.suffix in ENDINGS and not path.name.startswith("cache-")]
    shards = sorted(path.relative_to(folder) for path in found)
    if not shards:
        raise UserError(f"{name}: a folder without any file of {' or '.join(ENDINGS)}; name a file in it")
    splits = {shard: _split_of(shard) for shard in shards}
    tables = sorted({str(where) for _, where in splits.values()})
    if len(tables) > 1:
        raise UserError(f"{name}: it holds more than one table: {', '.join(tables)}; name one of these folders")
    without = [shard for shard, (split, _) in splits.items() if split is None]
    if without and len(without) < len(shards):
        raise UserError(
            f"{name}: the file {without[0]} begins with no split, but others do; take it out, or begin its name with "
            f"one of {', '.join(SPLIT_NAMES)}"
        )
    return _rows(folder, {shard: split for shard, (split, _) in splits.items()}, columns, name)


def _rows(folder: Path, splits: dict[Path, str | None], columns: Columns, name: str) -> Iterator[RawText]:
    text_id = 0
    for shard, split in splits.items():
        for raw in columnar(folder / shard, columns, f"{name}/{shard}"):
            place = f"{shard}, {raw.place}"
            yield raw._replace(text_id=text_id, place=place, split=raw.split if columns.split else split)
            text_id += 1


def _split_of(shard: PurePath) -> tuple[str | None, PurePath]:
    """The split that a path names, the nearest to its end, and the folder of the table that it belongs to."""
    for path in (shard, *shard.parents):
        word = re.split(r"[-_.]", path.name)[0].lower()
        if word in SPLIT_NAMES:
            return word, path.parent
    return None, shard.parent


@contextmanager
def _opened(path: Path, columns: Columns) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    if path.suffix == ".arrow":
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
            yield stream.schema, (_checked(batch, columns) for batch in stream)
    else:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER_BYTES) as parquet:
            yield (
                parquet.schema_arrow,
                parquet.iter_batches(BATCH, columns=list(columns.names), use_threads=False),
            )


def _checked(batch: pa.RecordBatch, columns: Columns) -> pa.RecordBatch:
    """The columns of an Arrow batch, whose offsets point anywhere where the file is damaged: reading would crash."""
    chosen = batch.select(list(columns.names))
    chosen.validate(full=True)
    return chosen


def _check_types(schema: pa.Schema, columns: Columns, name: str) -> None:
    for column in columns.names:
        is_label = column == columns.label
        allowed = "strings, integers or true and false, one a text" if is_label else "strings"
        kind = schema.field(column).type
        values = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not any(test(values) for test in (LABEL_TYPES if is_label else STRING_TYPES)):
            raise UserError(f"{name}: column {column!r} is of type {kind}; it must hold {allowed}; convert it")


def _class_names(schema: pa.Schema, column: str) -> Mapping[object, str | None]:
    """What the numbers of a column stand for where `datasets` wrote it as a `ClassLabel`; its -1 is no label."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, ValueError, TypeError):
        return {}
    return {**dict(enumerate(names)), -1: None}


def _values(array: pa.Array, column: str, first: int, name: str) -> list[object]:
    try:
        values: list[object] = array.to_pylist()
        return values
    except UnicodeDecodeError:
        for row, value in enumerate(array, first):
            try:
                value.as_py()
            except UnicodeDecodeError as error:
                raise UserError(
                    f"{name}: row {row}, column {column!r} is not UTF-8 ({error.reason}); write the file again from "
                    f"decoded strings"
                ) from None
        raise
