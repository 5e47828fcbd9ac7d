"""Floats as JSON keeps them: few digits, and none that is not finite."""

import math
from typing import Any


def significant(value: float, digits: int = 4) -> float:
    """Round to `digits` significant digits, so that reports diff by what changed and not by the last bits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def rounded(value: Any) -> Any:
    """The same nested value with every float at 4 significant digits.

    Raises:
        ValueError: a float is not finite.
    """
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no place in a report")
        return significant(value)
    return value


def finite(value: Any) -> Any:
    """The same value with None where a float is not finite: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
