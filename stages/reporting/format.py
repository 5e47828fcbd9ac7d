"""How numbers look: rounded in JSON, and written the same way in every sentence and table."""

from collections.abc import Callable

from stages.reporting.results import Estimate, Finding
from stages.stats.verdicts import Verdict

MISSING = "–"
EXACT_ZERO = "0 (exact)"


def format_ratio(value: float | None) -> str:
    """An estimate without a unit at 3 significant digits: 0.385, 1.60, 4.67e-5; 0 stays 0."""
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    if abs(value) < 1e-3 or abs(value) >= 1e4:
        return _exponent(f"{value:.2e}")
    return _minus(f"{value:#.3g}".rstrip("."))


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
    """[a, b] in the form of `ratio`; nothing where there is no interval."""
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


def _exponent(text: str) -> str:
    digits, exponent = text.split("e")
    return f"{_minus(digits)}e{int(exponent)}"


def _minus(text: str) -> str:
    """A number with a true minus sign; an exponent keeps its hyphen."""
    return f"−{text[1:]}" if text.startswith("-") else text


NumberText = Callable[[float | None], str]
IntervalText = Callable[[float | None, float | None], str]

SMALLEST_P = 0.001


def format_ratio_of(value: Estimate | Finding | None) -> str:
    """0.385 [0.310, 0.470]."""
    return _with_interval(value, format_ratio, format_ratio_interval)


def format_percent_of(value: Estimate | Finding | None) -> str:
    """2.1 % [1.5, 2.9]."""
    return _with_interval(value, format_percent, format_percent_interval)


def format_points_of(value: Estimate | Finding | None) -> str:
    """+4.4 [−0.3, +9.1], in percentage points."""
    return _with_interval(value, format_points, format_points_interval)


def format_signed_of(value: Estimate | Finding | None) -> str:
    """+0.0123 [0.00800, 0.0170], without a unit."""
    text = format_ratio_of(value)
    return f"+{text}" if value is not None and value.estimate is not None and value.estimate > 0 else text


def format_p(value: float | None) -> str:
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


def format_judged(finding: Finding | None, value: NumberText, interval: IntervalText) -> str:
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
