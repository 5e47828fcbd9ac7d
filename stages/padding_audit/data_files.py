"""Texts from the user's file, as `audit` takes them: csv, tsv, jsonl, parquet, npz or npy."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from .errors import AuditError, option
from .files import checked_file, first_line, reading
from .tokens import Encode, read_tokenizer

LABELS = ("label", "labels")
TEXTS = ("text", "tokens", "ids")
"""What the column of a model of one input may be called, where it has another name than the input."""
ARRAY = "array"
"""The name of the one array of an npy file."""
DELIMITERS = (",", ";", "\t")
"""Between the cells of a csv file: the first of them that stands in its header; Excel writes ; in many languages."""
LONGEST_CELL = 1 << 30
"""Characters of a cell of a csv file."""
LONGEST_NAME = 60
"""Characters of a column's name that a sentence shows."""


def read_data(
    path: str | Path, model: Any, *, tokenizer: str | Path | None = None, text: str = "", label: str = ""
) -> tuple[Any, list[np.ndarray] | None]:
    """Texts and labels from a file.

    Args:
        path: csv or tsv with a header and texts; jsonl, an object a line, or parquet with texts or lists of steps; npz
            with an array for every input, npy with one array.
        model: a model whose inputs give the columns and arrays their names. With one input the column may also be
            called text, tokens or ids, or be the only one.
        tokenizer: the tokenizer.json that makes ids of texts.
        text: the name of the column for a model of one input.
        label: the name of the column of labels; else `label` or `labels`, where there is one.

    Returns:
        For every input, by its name, the texts as rows of steps; where the model names no inputs, by column, or the
        rows of the only one. For every text its label, or None without labels.

    Raises:
        AuditError: file, row and column, what is there and what is allowed.
    """
    path = checked_file(Path(path))
    readers: dict[str, Callable[[Path], Mapping[str, Any]]] = {
        ".csv": _csv,
        ".tsv": _csv,
        ".jsonl": _jsonl,
        ".parquet": _parquet,
        ".npz": _numpy,
        ".npy": _numpy,
    }
    if path.suffix not in readers:
        raise AuditError(f"{path}: data are read from files that end in {', '.join(readers)}")
    columns = readers[path.suffix](path)
    encode = read_tokenizer(tokenizer) if tokenizer else None
    tensors = list(getattr(model, "inputs", None) or [])
    names = _names(path, columns, [tensor.name for tensor in tensors], text, label)
    texts = {
        tensor.name if tensor is not None else name: _texts(_Column(path, name, columns[name]), tensor, encode)
        for name, tensor in zip(names, tensors or [None] * len(names), strict=True)
    }
    data = texts if tensors or len(texts) > 1 else next(iter(texts.values()))
    return data, _labels(path, columns, model, label)


@dataclass(frozen=True)
class _Column:
    """Values of a column, and how a mistake in them is told."""

    path: Path
    name: str
    values: Any

    def mistake(self, row: int | None, what: str) -> AuditError:
        """A sentence on a row, counted from 0, or on the whole column."""
        where = "" if row is None else f"row {row + 1}, "
        return AuditError(f"{self.path}: {where}column `{_short(self.name)}`: {what}")


def _short(name: str) -> str:
    """A name as it stands in a sentence, where it may come from any bytes."""
    shown = name if name.isprintable() else repr(name)[1:-1]
    return shown if len(shown) <= LONGEST_NAME else f"{shown[:LONGEST_NAME]}…"


def _decoded(path: Path) -> str:
    with reading(path):
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AuditError(f"{path}: the file is not UTF-8 (byte {error.start}); convert it") from error


def _jsonl(path: Path) -> dict[str, list[Any]]:
    """A key that a line lacks is None there, as in parquet."""
    rows = []
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise AuditError(f"{path}: line {number}: not JSON ({first_line(error)})") from error
            if not isinstance(row, dict):
                raise AuditError(f"{path}: line {number}: not an object; write {{…}} with a key for every column")
            rows.append(row)
    return {name: [row.get(name) for row in rows] for row in rows for name in row}


def _csv(path: Path) -> dict[str, list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    text = _decoded(path)
    first = text.partition("\n")[0]
    delimiter = next((mark for mark in DELIMITERS if mark in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header, *rows = [row for row in reader if row]
    except csv.Error as error:
        raise AuditError(
            f"{path}: line {reader.line_num}: {first_line(error)}; quotes within a text are doubled"
        ) from error
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise AuditError(
                f"{path}: row {number} has {len(row)} cells and the header {len(header)}; a text with {delimiter!r} "
                "stands between quotes"
            )
    return {name: [row[place] for row in rows] for place, name in enumerate(header)}


def _parquet(path: Path) -> dict[str, list[Any]]:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise AuditError(f"{path}: to read it, run `pip install pyarrow`") from error
    with reading(path, "pyarrow"):
        columns: dict[str, list[Any]] = parquet.read_table(path).to_pydict()
    return columns


def _numpy(path: Path) -> dict[str, np.ndarray]:
    try:
        with reading(path, "numpy"):
            loaded = np.load(path, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {ARRAY: loaded}
            with loaded:
                return {name: loaded[name] for name in loaded.files}
    except AuditError as error:
        if "Object arrays" in str(error):
            raise AuditError(
                f"{path}: the file holds Python objects, which are not read as they may run code; save texts of "
                "different lengths as lists in a .parquet file, or pad them"
            ) from error
        raise


def _names(path: Path, columns: Mapping[str, Any], inputs: Sequence[str], text: str, label: str) -> list[str]:
    """The column of every input."""
    there = ", ".join(_short(name) for name in columns)
    if text:
        if text not in columns:
            raise AuditError(f"{path}: there is no column `{text}`; there are: {there}")
        if len(inputs) > 1:
            raise AuditError(f"{path}: {option('text')} is for models of one input, this one reads {', '.join(inputs)}")
        return [text]
    if inputs and all(name in columns for name in inputs):
        return list(inputs)
    if len(inputs) > 1:
        raise AuditError(f"{path}: the model reads {', '.join(inputs)}, the file has {there}; name columns so")
    others = [name for name in columns if name != label and name not in LABELS]
    if chosen := [name for name in TEXTS if name in columns]:
        return chosen[:1]
    if len(others) == 1 or (others and not inputs and path.suffix == ".npz"):
        return others
    raise AuditError(f"{path}: which column does the model read: {there}; name it with {option('text')}")


def _texts(column: _Column, tensor: Any, encode: Encode | None) -> Any:
    """What an input reads: rows of strings, of ids, or of numbers."""
    rows = column.values
    if len(rows) == 0:
        raise column.mistake(None, "there are no rows")
    if missing := [row for row, value in enumerate(rows) if value is None]:
        raise column.mistake(missing[0], "there is nothing")
    dtype = "" if tensor is None else keras.backend.standardize_dtype(tensor.dtype)
    if isinstance(rows[0], str):
        if dtype == "string":
            return np.array(rows, object)
        if encode is None:
            raise column.mistake(
                None, f"these are texts and the model reads numbers; name the tokenizer.json with {option('tokenizer')}"
            )
        rows = [encode(text) for text in rows]
    for row, values in enumerate(rows):
        array = _numbers(column, row, values)
        if tensor is not None:
            _check_shape(column, row, array, tensor)
        if "int" in dtype and (wrong := array[array != np.floor(array)]).size:
            raise column.mistake(row, f"{wrong[0]} is no token id")
    return rows


def _numbers(column: _Column, row: int, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:
        raise column.mistake(row, "its steps have different numbers of features") from None
    if array.size and array.dtype.kind not in "biuf":
        wrong = next((value for value in array.flat if not isinstance(value, (int, float))), None)
        raise column.mistake(row, f"`{wrong}` is no number")
    if not np.isfinite(array).all():
        raise column.mistake(row, "there is NaN or infinity")
    return array


def _check_shape(column: _Column, row: int, array: np.ndarray, tensor: Any) -> None:
    """Every axis but the first, which may be time."""
    expected = tuple(tensor.shape[1:])
    shape = array.shape if array.ndim == len(expected) else (*array.shape, 1)
    fits = len(shape) == len(expected) and all(
        own in (None, size) for size, own in zip(shape[1:], expected[1:], strict=True)
    )
    if not fits and array.size:
        read = " × ".join("any" if size is None else str(size) for size in expected)
        given = " × ".join(map(str, array.shape)) or "one number"
        raise column.mistake(row, f"its shape is {given}, and the input `{tensor.name}` reads {read}")


def _labels(path: Path, columns: Mapping[str, Any], model: Any, name: str) -> list[np.ndarray] | None:
    name = name or next((label for label in LABELS if label in columns), "")
    if not name:
        return None
    if name not in columns:
        raise AuditError(f"{path}: there is no column `{name}`; there are: {', '.join(columns)}")
    column = _Column(path, name, columns[name])
    labels = [_label(column, row, value) for row, value in enumerate(column.values)]
    outputs = list(getattr(model, "outputs", None) or [])
    classes = outputs[0].shape[1:] if outputs else ()
    if len(classes) == 1 and classes != (1,) and all(label.shape == classes for label in labels):
        return [np.asarray(label.argmax()) for label in labels]  # one-hot
    return labels


def _label(column: _Column, row: int, value: Any) -> np.ndarray:
    try:
        label = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise column.mistake(
            row, f"{value!r} is no number; give the number of the class in the model's output"
        ) from None
    if not np.isfinite(label).all():
        raise column.mistake(row, "there is no number")
    return label
