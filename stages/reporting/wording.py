"""How an estimate stands in a sentence or a cell: the figure, its interval, its verdict, or why there is none."""

from collections.abc import Callable

from stages.reporting.numbers import (
    EXACT_ZERO,
    MISSING,
    percent,
    percent_interval,
    points,
    points_interval,
    ratio,
    ratio_interval,
    spaced,
)
from stages.reporting.results import Estimate, Finding
from stages.stats.verdicts import Verdict

NumberText = Callable[[float | None], str]
IntervalText = Callable[[float | None, float | None], str]

SMALLEST_P = 0.001


def ratio_of(value: Estimate | Finding | None) -> str:
    """0.385 [0.310, 0.470]."""
    return _with_interval(value, ratio, ratio_interval)


def percent_of(value: Estimate | Finding | None) -> str:
    """2.1 % [1.5, 2.9]."""
    return _with_interval(value, percent, percent_interval)


def points_of(value: Estimate | Finding | None) -> str:
    """+4.4 [−0.3, +9.1], in percentage points."""
    return _with_interval(value, points, points_interval)


def signed_of(value: Estimate | Finding | None) -> str:
    """+0.0123 [0.00800, 0.0170], without a unit."""
    text = ratio_of(value)
    return f"+{text}" if value is not None and value.estimate is not None and value.estimate > 0 else text


def p_text(value: float | None) -> str:
    """A p at 3 decimals, 2 significant digits at least: 0.031, <0.001."""
    if value is None:
        return MISSING
    return f"<{SMALLEST_P}" if value < SMALLEST_P else f"{value:.3f}"


def undefined_or(value: Estimate | Finding | None, text: Callable[[Estimate | Finding | None], str], why: str) -> str:
    """The figure with its interval; where there is none, that it is undefined and why."""
    if value is not None and value.estimate is not None:
        return text(value)
    reason = value.reason if isinstance(value, Finding) and value.reason else why
    return f"undefined: {reason}"


def judged(finding: Finding | None, value: NumberText, interval: IntervalText) -> str:
    """The figure, its interval and its verdict; an undefined one in words."""
    if finding is None:
        return MISSING
    if finding.verdict is Verdict.EXACT:
        return EXACT_ZERO
    if finding.verdict is Verdict.UNDEFINED:
        return f"{value(finding.estimate)} (undefined: {finding.reason or 'not defined'})"
    return f"{value(finding.estimate)} {interval(finding.low, finding.high)} {finding.verdict}"


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def apart(one: Estimate | Finding | None, two: Estimate | Finding | None) -> bool:
    """Whether both have intervals and the intervals do not meet."""
    bounds = [bound for each in (one, two) if each is not None for bound in (each.low, each.high)]
    if len(bounds) < 4 or any(bound is None for bound in bounds):
        return False
    low_one, high_one, low_two, high_two = (bound or 0.0 for bound in bounds)
    return high_one < low_two or high_two < low_one


def _with_interval(value: Estimate | Finding | None, number: NumberText, interval: IntervalText) -> str:
    if value is None or value.estimate is None:
        return MISSING
    if isinstance(value, Finding) and value.verdict is Verdict.EXACT:
        return EXACT_ZERO
    return spaced(number(value.estimate), interval(value.low, value.high))
