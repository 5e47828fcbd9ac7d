"""JSON that diffs well: what holds no further lists or objects stands on one line."""

import json
from typing import Any

INDENT = "  "


def json_text(value: Any) -> str:
    """`value` as JSON with sorted keys: one line for each flat record or list of numbers, and a final newline.

    Raises:
        ValueError: `value` holds NaN or an infinity, which JSON has no word for.
    """
    return _text(value, "") + "\n"


def _text(value: Any, margin: str) -> str:
    items: list[str]
    if isinstance(value, dict) and not _flat(value.values()):
        items = [f"{_line(key)}: {_text(value[key], margin + INDENT)}" for key in sorted(value)]
        opening, closing = "{}"
    elif isinstance(value, list) and not _flat(value):
        items = [_text(item, margin + INDENT) for item in value]
        opening, closing = "[]"
    else:
        return _line(value)
    inner = f",\n{margin}{INDENT}".join(items)
    return f"{opening}\n{margin}{INDENT}{inner}\n{margin}{closing}"


def _flat(values: Any) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
