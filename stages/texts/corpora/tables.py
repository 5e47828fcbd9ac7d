"""Rows of csv, tsv, parquet and jsonl files, and of folders of `datasets`, read in batches."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.errors import UserError
from stages.texts.corpora.columnar import columnar, hub_folder
from stages.texts.corpora.columns import Columns, check_columns, typed
from stages.texts.corpora.delimited import cells, decoded_lines, escapes_with_backslash
from stages.texts.corpora.formats import DELIMITERS, ENDINGS, JSON_LINES, check_format, ending_of
from stages.texts.corpora.source import RawText, Source
from stages.texts.reading import GZIP, missing

SEPARATORS = ",;\t|"


def table(path: Path, columns: Columns, name: str | None = None) -> Source:
    """The rows of a table; `name` stands in messages, the path where it is None.

    Rows are counted from 0, blank lines of csv, tsv and jsonl files left out. Memory: one batch of rows. The file is
    read while one iterates.

    Raises:
        UserError: there is nothing to read, or it is of another format; its content is broken, while one iterates.
    """
    name = name or str(path)
    if reason := missing(path, folders=True):
        publisher = f" (published by: {columns.publisher})" if columns.publisher else ""
        raise UserError(
            f"{name}: {reason}{publisher}; put it there as a table with the columns {', '.join(columns.names)}"
        )
    if path.is_dir():
        return Source(name, columns.label, hub_folder(path, columns, name))
    ending = ending_of(path.name)
    if not ending:
        raise UserError(f"{name}: unknown ending {path.suffix!r}; allowed: {', '.join(ENDINGS)}")
    if path.stat().st_size == 0:
        raise UserError(f"{name}: the file is empty; it needs the columns {', '.join(columns.names)}")
    kind = ending.removesuffix(GZIP)
    if columns.delimiter is not None and (kind not in DELIMITERS or columns.delimiter in '"\r\n'):
        raise UserError(
            f"{name}: delimiter {columns.delimiter!r} is not possible; it may be any character but a quote or a line "
            f"end, and only for {' and '.join(DELIMITERS)}"
        )
    check_format(path, name)
    if kind in DELIMITERS:
        texts = _delimited(path, columns, kind, name)
    elif kind in JSON_LINES:
        texts = _json_lines(path, columns, name)
    else:
        texts = columnar(path, columns, name)
    return Source(name, columns.label, texts)


def _delimited(path: Path, columns: Columns, kind: str, name: str) -> Iterator[RawText]:
    delimiter = columns.delimiter or DELIMITERS[kind]
    quotes = kind == ".csv" if columns.quotes is None else columns.quotes
    rows = cells(path, delimiter, quotes, name)
    header = next(rows, (0, []))[1]
    stripped = [column.strip() for column in header]
    check_columns(stripped, columns, name, _header_hint(header, columns, delimiter))
    places = [stripped.index(column) for column in columns.names]
    for text_id, (line, row) in enumerate(rows):
        if len(row) != len(header) or row == header:
            raise UserError(f"{name}: line {line} {_wrong_row(row, header, delimiter, quotes)}")
        values = [None if row[place] in ("NaN", "nan") else row[place] for place in places]
        if columns.quotes is None and not quotes and (quoted := next(filter(_is_quoted, values), None)):
            raise UserError(
                f"{name}: line {line} holds {quoted[:60]!r}, which pandas and other programs write for a text with "
                "quotes in it; set `quotes: true` for this dataset in params.yaml to read it as they meant, or "
                "`quotes: false` to read quotes as letters"
            )
        yield RawText(
            text_id, f"row {text_id} (line {line})", values[0], values[1], values[2] if columns.split else None
        )


def _header_hint(header: Sequence[str], columns: Columns, delimiter: str) -> str:
    """What is likely wrong with a header that lacks a column."""
    line = delimiter.join(header)
    if line.lower().startswith("sep=") and len(line.strip()) == len("sep=;"):
        return f"line 1 is {line.strip()!r}, a mark of Excel's; take it out and set `{_knob(line[4])}`; "
    for other in (delimiter, *SEPARATORS):
        if set(columns.names) <= {name.strip('" ') for name in line.split(other)}:
            if other == delimiter:
                return "its cells stand in quotes; set `quotes: true` for this dataset in params.yaml; "
            return f"its delimiter is {other!r}; set `{_knob(other)}` for this dataset in params.yaml; "
    other = next((mark for mark in SEPARATORS if len(header) == 1 and mark in line), None)
    if other:
        return f"its delimiter seems to be {other!r}; set `{_knob(other)}` for this dataset in params.yaml; "
    if not set(columns.names) & {name.strip() for name in header}:
        return f"if the file has no header, write {delimiter.join(columns.names)!r} above its first line; "
    return ""


def _knob(delimiter: str) -> str:
    return f"delimiter: {json.dumps(delimiter)}"


def _wrong_row(row: Sequence[str], header: Sequence[str], delimiter: str, quotes: bool) -> str:
    if row == header:
        return "repeats the header; take it out"
    counts = f"has {len(row)} fields, the header has {len(header)}"
    if len(row) == len(header) + 1 and not row[-1]:
        return f"{counts}: it ends with the delimiter {delimiter!r}; take that off, or put one behind the header too"
    if quotes and any(map(escapes_with_backslash, row)):
        return f"{counts}: it escapes quotes with a backslash; write a quote inside a quoted text twice"
    hint = "" if quotes else " and say `quotes: true` in params.yaml"
    return f"{counts}; put quotes around a text that holds the delimiter {delimiter!r} or a line end{hint}"


def _is_quoted(cell: str | None) -> bool:
    """Whether a cell is one that had to be put in quotes: all quotes inside of them are doubled, and there are some."""
    inner = cell[1:-1] if cell and len(cell) > 3 and cell[0] == cell[-1] == '"' else ""
    return '""' in inner and '"' not in inner.replace('""', "")


def _json_lines(path: Path, columns: Columns, name: str) -> Iterator[RawText]:
    text_id = 0
    for line, text in decoded_lines(path, name):
        if not text.strip():
            continue
        place = f"row {text_id} (line {line})"
        try:
            value = json.loads(text, object_pairs_hook=_object)
        except KeyError as error:
            raise UserError(
                f"{name}: line {line} names the key {error.args[0]!r} twice, with a value each; keep one of them"
            ) from None
        except ValueError as error:
            raise UserError(f"{name}: line {line} {_json_problem(text, error)}") from None
        except RecursionError:
            raise UserError(f"{name}: line {line} is nested too deeply; write one flat object per line") from None
        if not isinstance(value, dict):
            raise UserError(
                f"{name}: line {line} holds a {type(value).__name__}, not an object; write one object per line, with "
                f"the keys {', '.join(columns.names)}"
            )
        check_columns(list(value), columns, f"{name}: line {line}")
        yield typed(text_id, place, [value[column] for column in columns.names], columns, name)
        text_id += 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ.

    Raises:
        KeyError: one stands there twice.
    """
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [key for key, _ in pairs]
        raise KeyError(next(name for name in names if names.count(name) > 1))
    return value


def _json_problem(text: str, error: ValueError) -> str:
    if text.strip() == "[":
        return "begins one array over all lines; write one object per line, as `jq -c '.[]'` does"
    if text.strip() == "{":
        return "begins an object that is written over several lines; write one object per line, as `jq -c .` does"
    return f"is not valid JSON ({error}); write one object per line"
