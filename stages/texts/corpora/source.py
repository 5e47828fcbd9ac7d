"""What every source of texts yields, and what its labels may be."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from stages.errors import UserError

MOST_CLASSES = 10_000

INTEGRAL = re.compile(r"[+-]?[0-9]+(\.0*)?")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


class RawText(NamedTuple):
    """One text as its source holds it; None stands for a missing value.

    `text_id` is the row's index in the source, counted from 0. `place` says the same to a person who looks for it,
    such as "row 3 (line 5)".
    """

    text_id: int
    place: str
    text: str | None
    label: str | None
    split: str | None


@dataclass(frozen=True)
class Source:
    """Texts that are read while one iterates, once; `name` and `label_column` stand in messages."""

    name: str
    label_column: str
    texts: Iterator[RawText]


def label_text(value: object) -> str | None:
    """A typed label as a string; None for a missing one.

    Raises:
        TypeError: it is neither a string, an integer, a truth value nor a float.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(type(value).__name__)


def check_category(label: str, source: Source, place: str) -> None:
    """Refuse a label that is a measurement rather than a category.

    Raises:
        UserError: `label` is a number that is not integral; names file, row, column and value.
    """
    if DECIMAL.fullmatch(label) and _integer(label) is None:
        raise UserError(
            f"{source.name}: {place}, column {source.label_column!r}: {label} is not an integral number; "
            f"labels must be categories; bin the numbers first"
        )


def class_names(labels: list[str]) -> dict[str, str]:
    """The name of the class that each label stands for, by label, in the order of the classes.

    Labels that are all integral numbers become their integer form ("1.0" becomes "1") and sort by value; others keep
    their spelling and sort by code point.
    """
    numbers = {label: number for label in labels if (number := _integer(label)) is not None}
    if len(numbers) < len(labels):
        return {label: label for label in sorted(labels)}
    return {label: str(numbers[label]) for label in sorted(labels, key=lambda label: (numbers[label], label))}


def _integer(label: str) -> int | None:
    """The value of an integral number, else None."""
    if INTEGRAL.fullmatch(label):
        return int(label.partition(".")[0])
    if DECIMAL.fullmatch(label):
        value = float(label)
        return int(value) if value.is_integer() else None
    return None
