"""One way to say a number, an interval and a verdict, for every sentence, table and figure.

A number alone is written by a function: `format_ratio(0.385)`, `format_percent(0.021)`, `format_points(0.044)`,
`format_count(4464000)`, `format_plain(0.01)`, `format_p(0.031)`.

A number with its interval or verdict is written by a `Scale`, which says in what it is measured:

    RATIO.of(value)        0.385 [0.310, 0.470]         PERCENT.of(value)   2.1 % [1.5, 2.9]
    RATIO.judged(value)    0.385 [0.310, 0.470] DIFFERENT
    POINTS.of(value)       +4.4 [−0.3, +9.1]            POINTS.judged(value)   +4.4 [−0.3, +9.1] INCONCLUSIVE

`value` is anything with `estimate`, `low` and `high`, and, where it was judged, `verdict` and `reason`; None, or one
without an estimate, is –, and one that is EXACT is 0 (exact). In a table the same is a cell: see
`stages.reporting.table`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from stages.stats.verdicts import UNMOVED, Verdict

MISSING = "–"
EXACT_ZERO, PROVEN_ZERO = "0 (exact)", "0 (proven)"
SMALLEST_P = 0.001


class Bounded(Protocol):
    """A figure with its interval; what is None is undefined or was not computed."""

    @property
    def estimate(self) -> float | None:
        """The figure."""

    @property
    def low(self) -> float | None:
        """Lower end of its interval."""

    @property
    def high(self) -> float | None:
        """Upper end of its interval."""


@runtime_checkable
class Judged(Bounded, Protocol):
    """A figure with its interval and what that says about ε."""

    @property
    def verdict(self) -> Verdict | None:
        """UNDEFINED where nothing is said; None where the interval stands for itself."""

    @property
    def reason(self) -> str | None:
        """Why it is undefined."""


@dataclass(frozen=True)
class Scale:
    """What a figure is measured in, which is how it and its interval are written."""

    number: Callable[[float | None], str]
    interval: Callable[[float | None, float | None], str]

    def of(self, value: Bounded | None) -> str:
        """The figure and its interval."""
        if value is None or value.estimate is None:
            return MISSING
        if isinstance(value, Judged) and value.verdict in UNMOVED:
            return format_zero(value.verdict)
        return spaced(self.number(value.estimate), self.interval(value.low, value.high))

    def judged(self, value: Judged | None) -> str:
        """The figure, its interval and its verdict; no verdict where it is undefined."""
        known = value is not None and value.verdict not in (None, *UNMOVED, Verdict.UNDEFINED)
        return spaced(self.of(value), str(value.verdict) if value is not None and known else "")


def format_zero(verdict: Verdict) -> str:
    """A 0 that nothing moved, and whether that is proven for any number of pads."""
    return PROVEN_ZERO if verdict is Verdict.PROVEN else EXACT_ZERO


def format_ratio(value: float | None) -> str:
    """An estimate without a unit at 3 significant digits: 0.385, 1.60, 3660, 4.67e-5; 0 stays 0."""
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    if abs(value) < 1e-3 or abs(value) >= 1e4:
        return _exponent(f"{value:.2e}")
    text = f"{value:#.3g}".rstrip(".")
    return _minus(f"{float(text):.0f}" if "e" in text else text)  # 3660: Python writes 3.66e+03


def format_plain(value: float) -> str:
    """A number that somebody chose, with no digits added: 0.01, 1e-6."""
    text = f"{value:g}"
    return _exponent(text) if "e" in text else _minus(text)


def format_percent(value: float | None) -> str:
    """A share as a percentage with one decimal: 2.1 %."""
    return MISSING if value is None else f"{_hundredths(value)} %"


def format_points(value: float | None) -> str:
    """A difference of shares in percentage points, with its sign: +4.4."""
    return MISSING if value is None else _signed(value)


def format_ratio_interval(low: float | None, high: float | None) -> str:
    """[a, b] in the form of `format_ratio`; nothing where there is no interval."""
    return "" if low is None or high is None else f"[{format_ratio(low)}, {format_ratio(high)}]"


def format_percent_interval(low: float | None, high: float | None) -> str:
    """[a, b] in percent; nothing where there is no interval."""
    return "" if low is None or high is None else f"[{_hundredths(low)}, {_hundredths(high)}]"


def format_points_interval(low: float | None, high: float | None) -> str:
    """[a, b] in percentage points; nothing where there is no interval."""
    return "" if low is None or high is None else f"[{_signed(low)}, {_signed(high)}]"


def format_count(value: int) -> str:
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


def _signed_ratio(value: float | None) -> str:
    return f"{'+' * (value is not None and value > 0)}{format_ratio(value)}"


def _exponent(text: str) -> str:
    digits, exponent = text.split("e")
    return f"{_minus(digits)}e{int(exponent)}"


def _minus(text: str) -> str:
    """A number with a true minus sign; an exponent keeps its hyphen."""
    return f"−{text[1:]}" if text.startswith("-") else text


RATIO = Scale(format_ratio, format_ratio_interval)
"""Without a unit."""
PERCENT = Scale(format_percent, format_percent_interval)
"""Of a share."""
POINTS = Scale(format_points, format_points_interval)
"""Percentage points, of a difference of shares."""
SIGNED = Scale(_signed_ratio, format_ratio_interval)
"""A difference without a unit: +0.0123 [0.00800, 0.0170]."""


def format_p(value: float | None) -> str:
    """A p at 3 decimals, 2 significant digits at least: 0.031, <0.001."""
    if value is None:
        return MISSING
    return f"<{SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}"


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def apart(one: Bounded | None, two: Bounded | None) -> bool:
    """Whether both have intervals and the intervals do not meet."""
    bounds = [bound for value in (one, two) if value is not None for bound in (value.low, value.high)]
    if len(bounds) < 4 or any(bound is None for bound in bounds):
        return False
    low_one, high_one, low_two, high_two = (bound or 0.0 for bound in bounds)
    return high_one < low_two or high_two < low_one
