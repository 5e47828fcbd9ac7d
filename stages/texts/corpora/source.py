"""What every source of texts yields, and what its labels may be."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stages.errors import UserError
from stages.runtime.paths import SPLITS

MOST_CLASSES = 10_000
LONGEST_LABEL = 200
MOST_EXACT = 2**53

TRAIN, VALIDATION, TEST = range(len(SPLITS))
SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}

INTEGRAL = re.compile(r"[+-]?[0-9]+(\.0*)?")
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?", re.IGNORECASE)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff]")


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


def check_label(label: str, source: Source, place: str) -> None:
    """Refuse a label that is no name of a category: too long, of several lines, not printable, or a measurement.

    Raises:
        UserError: names file, row, column and value.
    """
    where = f"{source.name}: {place}, column {source.label_column!r}"
    if len(label) > LONGEST_LABEL:
        raise UserError(
            f"{where}: a label of {len(label)} characters ({label[:30]!r}…); labels must be categories of at most "
            f"{LONGEST_LABEL} characters; name the right column, or shorten them"
        )
    if found := UNPRINTABLE.search(label):
        raise UserError(
            f"{where}: the label {label!r} holds {found[0]!r}, a line end or another character that cannot be printed; "
            f"take it out"
        )
    if DECIMAL.fullmatch(label) and _integer(label) is None:
        raise UserError(f"{where}: {label} is not an integral number; labels must be categories; bin the numbers first")


def class_names(labels: Sequence[str], fold: bool) -> dict[str, str]:
    """The name of the class that each label stands for, by label, in the order of the classes.

    Labels that are all integral numbers become their integer form ("1.0" becomes "1") and sort by value; others keep
    their spelling and sort by code point. With `fold`, labels that differ by case or spaces alone are one class, under
    the first spelling.
    """
    numbers = {label: number for label in labels if (number := _integer(label)) is not None}
    if len(numbers) == len(labels):
        return {label: str(numbers[label]) for label in sorted(labels, key=lambda label: (numbers[label], label))}
    first = {folded: group[0] for folded, group in alike(labels).items()} if fold else {}
    names = {label: first.get(_folded(label), label) for label in labels}
    return dict(sorted(names.items(), key=lambda item: item[::-1]))


def alike(labels: Iterable[str]) -> dict[str, list[str]]:
    """Labels that differ by case or spaces alone, together."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(_folded(label), []).append(label)
    return groups


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def looks_like_list(labels: Sequence[str]) -> list[str]:
    """Labels that are several in one cell: in brackets, or joined from parts that other labels are made of as well."""
    parts = {label: [part.strip() for part in re.split("[,;|]", label)] for label in labels}
    times = Counter(part for several in parts.values() for part in several)
    return [
        label
        for label, several in parts.items()
        if re.fullmatch(r"\[.*\]|\{.*\}", label) or (len(several) > 1 and max(times[part] for part in several) > 1)
    ]


def _integer(label: str) -> int | None:
    """The value of an integral number, else None; with an exponent, if a float holds it exactly."""
    if INTEGRAL.fullmatch(label):
        return int(label.partition(".")[0])
    if DECIMAL.fullmatch(label):
        value = float(label)
        return int(value) if value.is_integer() and abs(value) <= MOST_EXACT else None
    return None
