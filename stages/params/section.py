"""Checked sections of a params file, and a validation error as one sentence a key."""

import datetime
import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

Value = TypeVar("Value")

REASONS = {
    "model_type": "must be a section with keys of its own",
    "model_attributes_type": "must be a section with keys of its own",
    "union_tag_not_found": "needs a key `source`: synthetic, table or url",
    "union_tag_invalid": "needs a key `source` that is synthetic, table or url",
    "dict_type": "must be a table with keys of its own",
    "tuple_type": "must be a list",
    "too_short": "must hold at least one value",
    "bool_type": "should be true or false",
    "string_type": "should be a valid string; where it looks like a number or a date to YAML, put it in quotes",
}

MOST_SENTENCES = 5
"""Of one file: further mistakes are counted."""
MOST_CHARACTERS = 80
"""Of a value that stands in a sentence."""


class Section(BaseModel):
    """A group of knobs: unknown keys and values of another type are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key not in known:
                    raise ValueError(f"unknown key {shown(key)}; {suggestion(str(key), known)}")
        return value


def require_unique(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values as they are.

    Raises:
        ValueError: one stands there more than once.
    """
    for value, count in Counter(values).items():
        if count > 1:
            raise ValueError(f"{shown(value)} stands there more than once; name each once")
    return values


def shown(value: Any) -> str:
    """A value as it stands in a sentence: as Python writes it, dates as YAML does, and no longer than a line."""
    try:
        text = value.isoformat() if isinstance(value, datetime.date) else repr(value)
    except ValueError:
        return "an integer of more than 4,300 digits"
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def require_known(path: str, name: str, table: Mapping[str, Any]) -> None:
    """Check that a table has an entry of this name.

    Raises:
        ValueError: it has not; `path` says where the name stands.
    """
    if not table:
        raise ValueError(f"{path}: {shown(name)} is not in the table, which is empty")
    if name not in table:
        raise ValueError(f"{path}: {shown(name)} is not in the table; {suggestion(name, table)}")


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """What is allowed in place of `name`, the nearest first."""
    choices = sorted(allowed)
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}allowed: {', '.join(choices)}"


def sentences(error: ValidationError, content: Any) -> list[str]:
    """One sentence for each key that is wrong, however many types its value could have had; few, if many are."""
    problems: dict[str, list[ErrorDetails]] = {}
    for problem in error.errors():
        path = _key_path(problem["loc"], content)
        if problem["type"] != "too_short" or not problem["input"]:  # of what wrong items leave of a list
            problems.setdefault(path, []).append(problem)
    found = [_sentence(path, problem) for path, problem in itertools.islice(problems.items(), MOST_SENTENCES)]
    more = len(problems) - len(found)
    return [*found, f"and {more} more"] if more else found


def _key_path(location: tuple[int | str, ...], content: Any) -> str:
    """The dotted path of a key; pydantic's own marks (which type of a union it tried) are left out."""
    if location[:1] == ("datasets",):
        location = location[:2] + location[3:]  # the third step is the discriminator's value
    keys = []
    for step in location:
        if _holds(content, step):
            content = content[step]
        elif isinstance(content, Mapping) and step == location[-1] and step != "[key]":
            content = None
        else:
            continue
        keys.append(str(step) if re.fullmatch(r"[\w-]{1,64}", str(step)) else shown(step))
    return ".".join(keys)


def _holds(content: Any, step: int | str) -> bool:
    if isinstance(content, list):
        return isinstance(step, int) and step < len(content)
    return isinstance(content, Mapping) and step in content


def _sentence(path: str, problems: list[ErrorDetails]) -> str:
    first = problems[0]
    where = f"{path}: " if path else ""
    if first["type"] == "missing":
        return f"{where}this key is missing; add it with a value"
    for problem in problems:
        if problem["type"] == "value_error":
            return f"{where}{problem['ctx']['error']}"
    reasons = dict.fromkeys(
        REASONS.get(problem["type"], problem["msg"].removeprefix("Input ").replace("String should", "should"))
        for problem in problems
    )
    return f"{where}{shown(first['input'])} is not allowed; it {', or '.join(reasons)}"
