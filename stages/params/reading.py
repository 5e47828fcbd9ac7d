"""A YAML file of knobs as Python values, whatever lies there: read as DVC reads it, and within bounds."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from stages.errors import UserError

MOST_BYTES = 2**20
"""Sixty times the project's own params.yaml: knobs, not data."""
DEEPEST = 16
"""Lists and sections within each other; knobs need five. Without a bound the reader's own stack runs out."""


def read_mapping(path: Path) -> dict[Any, Any]:
    """The keys and values of a file.

    Raises:
        UserError: it cannot be read, is not YAML in UTF-8, or holds no keys.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: not a file; name the file that holds the knobs")
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: more than {MOST_BYTES // 2**20} MiB; this file is for knobs, not for data")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run this in the folder that holds it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}: line {line}: not UTF-8; save the file in that encoding") from None
    try:
        _require_flat(path, text)
        content = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        raise UserError(f"{path}: not valid YAML: {_where(error, text)}") from None
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    except ValueError as error:
        advice = "put text that looks like a date or a number in quotes"
        raise UserError(f"{path}: not valid YAML: {error}; {advice}") from None
    if not isinstance(content, dict):
        found = "it is empty" if content is None else f"it holds a {type(content).__name__}"
        raise UserError(f"{path}: there must be keys with values, such as `dataset: synthetic`, and {found}")
    return content


def dotted(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below a section by its dotted path; what is no section, or an empty one, by its own."""
    if isinstance(value, Mapping) and (value or not path):
        for key, inner in value.items():
            yield from dotted(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _require_flat(path: Path, text: str) -> None:
    depth = 0
    for event in YAML(typ="safe").parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        line = event.start_mark.line + 1
        if depth > DEEPEST:
            raise UserError(f"{path}: line {line}: more than {DEEPEST} lists or sections within each other")
        if isinstance(event, AliasEvent):
            raise UserError(f"{path}: line {line}: the alias *{event.anchor}; write what it stands for in its place")


def _where(error: MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark or error.context_mark
    problem = f"{error.problem or error.context}"
    if mark is None:
        return problem
    lines = text.splitlines()
    advice = "; indent with spaces, not with a tab" if "\t" in "".join(lines[mark.line : mark.line + 1]) else ""
    conflicts = [number for number, line in enumerate(lines, start=1) if line.startswith("<" * 7 + " ")]
    if conflicts:
        advice = f"; git has left a conflict in line {conflicts[0]}"
    return f"line {mark.line + 1}: {problem}{advice}"
