"""How numbers look: rounded in JSON, and written the same way in every sentence and table."""

import math
from typing import Any

from stages.runtime.files import significant

MISSING = "–"
EXACT_ZERO = "0 (exact)"


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


def ratio(value: float | None) -> str:
    """An estimate without a unit at 3 significant digits: 0.385, 1.60, 4.67e-5; 0 stays 0."""
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    if abs(value) < 1e-3 or abs(value) >= 1e4:
        return _exponent(f"{value:.2e}")
    return _minus(f"{value:#.3g}".rstrip("."))


def plain(value: float) -> str:
    """A number that somebody chose, with no digits added: 0.01, 1e-6."""
    text = f"{value:g}"
    return _exponent(text) if "e" in text else _minus(text)


def percent(value: float | None) -> str:
    """A share as a percentage with one decimal: 2.1 %."""
    return MISSING if value is None else f"{_hundredths(value)} %"


def points(value: float | None) -> str:
    """A difference of shares in percentage points, with its sign: +4.4."""
    return MISSING if value is None else _signed(value)


def ratio_interval(low: float | None, high: float | None) -> str:
    """[a, b] in the form of `ratio`; nothing where there is no interval."""
    return "" if low is None or high is None else f"[{ratio(low)}, {ratio(high)}]"


def percent_interval(low: float | None, high: float | None) -> str:
    """[a, b] in percent; nothing where there is no interval."""
    return "" if low is None or high is None else f"[{_hundredths(low)}, {_hundredths(high)}]"


def points_interval(low: float | None, high: float | None) -> str:
    """[a, b] in percentage points; nothing where there is no interval."""
    return "" if low is None or high is None else f"[{_signed(low)}, {_signed(high)}]"


def whole(value: int) -> str:
    """A count with a comma every three digits: 4,464,000."""
    return f"{value:,}"


def spaced(*parts: str) -> str:
    """The parts that are there, with spaces between them."""
    return " ".join(part for part in parts if part)


def listed(parts: list[str], word: str = "and") -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}" if parts else ""


def _hundredths(value: float) -> str:
    if 0 < value < 0.0005:
        return "<0.1"
    return _minus(f"{100 * value:.1f}")


def _signed(value: float) -> str:
    text = f"{100 * value:+.1f}"
    return "0.0" if float(text) == 0 else _minus(text)


def _exponent(text: str) -> str:
    digits, exponent = text.split("e")
    return f"{_minus(digits)}e{int(exponent)}"


def _minus(text: str) -> str:
    """A number with a true minus sign; an exponent keeps its hyphen."""
    return f"−{text[1:]}" if text.startswith("-") else text
