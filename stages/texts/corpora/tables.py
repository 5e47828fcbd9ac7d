"""Rows of csv, tsv, parquet and jsonl files, read in batches."""

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.errors import UserError
from stages.texts.corpora.delimited import cells, decoded_lines
from stages.texts.corpora.source import RawText, Source, label_text

DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
ENDINGS = (*DELIMITERS, ".parquet", *JSON_LINES)
PARQUET_BATCH = 1_024
PARQUET_BUFFER = 1 << 20
STRING_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what; `delimiter` and `quotes` are None where the file's ending tells them."""

    text: str
    label: str
    split: str | None = None
    delimiter: str | None = None
    quotes: bool | None = None
    publisher: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to read: text, label, and split where there is one."""
        return (self.text, self.label) if self.split is None else (self.text, self.label, self.split)


def is_table(name: str) -> bool:
    """Whether the ending of a file's name is one of a table's."""
    return Path(name).suffix.lower() in ENDINGS


def table(path: Path, columns: Columns, name: str | None = None) -> Source:
    """The rows of a table; `name` stands in messages, the path where it is None.

    Rows are counted from 0, blank lines of csv, tsv and jsonl files left out. Memory: one batch of rows. The file is
    read while one iterates.

    Raises:
        UserError: the file is missing or has another ending here; its content is broken, while one iterates.
    """
    name = name or str(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"{name}: unknown ending {path.suffix!r}; allowed: {', '.join(ENDINGS)}")
    if not path.is_file():
        publisher = f" (published by: {columns.publisher})" if columns.publisher else ""
        raise UserError(
            f"{name}: no such file{publisher}; put it there as a table with the columns {', '.join(columns.names)}"
        )
    if path.stat().st_size == 0:
        raise UserError(f"{name}: the file is empty; it needs the columns {', '.join(columns.names)}")
    if columns.delimiter is not None and (ending not in DELIMITERS or columns.delimiter in '"\r\n'):
        raise UserError(
            f"{name}: delimiter {columns.delimiter!r} is not possible; it may be any character but a quote or a line "
            f"end, and only for {' and '.join(DELIMITERS)}"
        )
    if ending in DELIMITERS:
        quotes = ending == ".csv" if columns.quotes is None else columns.quotes
        texts = _delimited(path, columns, columns.delimiter or DELIMITERS[ending], quotes, name)
    elif ending in JSON_LINES:
        texts = _json_lines(path, columns, name)
    else:
        texts = _parquet(path, columns, name)
    return Source(name, columns.label, texts)


def _delimited(path: Path, columns: Columns, delimiter: str, quotes: bool, name: str) -> Iterator[RawText]:
    rows = cells(path, delimiter, quotes, name)
    header = next(rows, (0, ()))[1]
    _check_columns([column.strip() for column in header], columns, name)
    places = [[column.strip() for column in header].index(column) for column in columns.names]
    for text_id, (line, row) in enumerate(rows):
        if len(row) != len(header):
            hint = "" if quotes else " and say `quotes: true` in params.yaml"
            raise UserError(
                f"{name}: line {line} has {len(row)} fields, the header has {len(header)}; put quotes around a text "
                f"that holds the delimiter {delimiter!r} or a line end{hint}"
            )
        values = [None if row[place] in ("NaN", "nan") else row[place] for place in places]
        yield RawText(
            text_id, f"row {text_id} (line {line})", values[0], values[1], values[2] if columns.split else None
        )


def _json_lines(path: Path, columns: Columns, name: str) -> Iterator[RawText]:
    text_id = 0
    for line, text in decoded_lines(path, name):
        if not text.strip():
            continue
        place = f"row {text_id} (line {line})"
        try:
            value = json.loads(text)
        except ValueError as error:
            raise UserError(f"{name}: line {line} is not valid JSON ({error}); write one object per line") from None
        except RecursionError:
            raise UserError(f"{name}: line {line} is nested too deeply; write one flat object per line") from None
        if not isinstance(value, dict):
            raise UserError(
                f"{name}: line {line} holds a {type(value).__name__}, not an object; write one object per line, with "
                f"the keys {', '.join(columns.names)}"
            )
        _check_columns(list(value), columns, f"{name}: line {line}")
        yield _typed(text_id, place, [value[column] for column in columns.names], columns, name)
        text_id += 1


def _parquet(path: Path, columns: Columns, name: str) -> Iterator[RawText]:
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=PARQUET_BUFFER) as file:
            _check_columns(file.schema_arrow.names, columns, name)
            _check_strings(file.schema_arrow, columns, name)
            text_id = 0
            for batch in file.iter_batches(PARQUET_BATCH, columns=list(columns.names), use_threads=False):
                lists = [batch.column(column).to_pylist() for column in columns.names]
                for values in zip(*lists, strict=True):
                    yield _typed(text_id, f"row {text_id}", values, columns, name)
                    text_id += 1
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{name}: damaged, or not a parquet file ({reason}); fetch or write it again") from None


def _check_strings(schema: pa.Schema, columns: Columns, name: str) -> None:
    for column in filter(None, (columns.text, columns.split)):
        kind = schema.field(column).type
        values = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (any(test(values) for test in STRING_TYPES)):
            raise UserError(f"{name}: column {column!r} is of type {kind}; it must hold strings; convert it")


def _typed(text_id: int, place: str, values: Sequence[object], columns: Columns, name: str) -> RawText:
    """A text of typed values, as jsonl and parquet hold them."""
    text, label = values[0], values[1]
    split = values[2] if columns.split else None
    for column, value in ((columns.text, text), (columns.split, split)):
        if value is not None and not isinstance(value, str):
            raise UserError(
                f"{name}: {place}, column {column!r} holds a {type(value).__name__}; it must hold strings; convert it"
            )
    try:
        return RawText(text_id, place, _string(text), label_text(label), _string(split))
    except TypeError as error:
        raise UserError(
            f"{name}: {place}, column {columns.label!r} holds a {error}; labels must be strings, integers or true and "
            f"false; convert it"
        ) from None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _check_columns(names: Sequence[str], columns: Columns, where: str) -> None:
    for column in columns.names:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UserError(
                f"{where}: no column {column!r}; {hint}found: {', '.join(map(repr, names))}; name the right columns "
                f"(or the delimiter) in params.yaml"
            )
        if names.count(column) > 1:
            raise UserError(f"{where}: column {column!r} stands there {names.count(column)} times; rename all but one")
