"""Which columns of a table hold what, and rows of typed values."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from stages.errors import UserError
from stages.params.datasets import TableDataset, UrlDataset
from stages.params.section import shown
from stages.texts.corpora.source import RawText, label_text

SHOWN_NAMES = 12


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what; `delimiter` and `quotes` are None where the file's ending tells them."""

    text: str
    label: str
    split: str | None = None
    delimiter: str | None = None
    quotes: bool | None = None
    publisher: str | None = None

    @classmethod
    def of(cls, dataset: TableDataset | UrlDataset) -> Self:
        """Those that an entry of the catalogue names."""
        text, label = dataset.text or "", dataset.label or ""
        return cls(text, label, dataset.split, dataset.delimiter, dataset.quotes, dataset.publisher)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to read: text, label, and split where there is one."""
        return (self.text, self.label) if self.split is None else (self.text, self.label, self.split)


def check_columns(names: Sequence[str], columns: Columns, where: str, hint: str = "") -> None:
    """Check that each column stands once among `names`.

    Raises:
        UserError: one does not; `hint` says what may be the cause.
    """
    for column in columns.names:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            likely = hint or (f"did you mean {shown(near[0])}? " if near else "")
            found = ", ".join(map(shown, names[:SHOWN_NAMES])) + ", …" * (len(names) > SHOWN_NAMES)
            raise UserError(
                f"{where}: no column {shown(column)}; {likely}found: {found}"
                + ("" if hint else "; name the right columns (or the delimiter) in params.yaml")
            )
        if names.count(column) > 1:
            raise UserError(f"{where}: column {column!r} stands there {names.count(column)} times; rename all but one")


def typed(text_id: int, place: str, values: Sequence[object], columns: Columns, name: str) -> RawText:
    """A text of typed values, as jsonl and parquet hold them.

    Raises:
        UserError: a value is of a type that it cannot have.
    """
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
            f"false, one a text; convert it"
        ) from None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
