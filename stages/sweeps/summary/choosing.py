"""The cheapest of the options that are not shown to be worse than the best one."""

from dataclasses import dataclass

from stages.stats.verdicts import Verdict
from stages.sweeps.summary.comparing import Comparison, accuracy_difference
from stages.sweeps.summary.swept import Row

SAME_COST = 1e-3
"""Options whose computed tokens differ by less than this part cost the same."""


@dataclass(frozen=True)
class Option:
    """One option as it was trained, against the best option.

    Attributes:
        name: what the sweep calls it.
        row: how it was trained.
        to_best: its accuracy minus that of the most accurate option.
        allowed: it is that option; or EQUIVALENT to it; or below it by no more than ε, with an interval that holds 0.
    """

    name: str
    row: Row
    to_best: Comparison
    allowed: bool


@dataclass(frozen=True)
class Choice:
    """What the rule chooses among options, and which others are as good and as cheap."""

    option: Option
    options: list[Option]
    equals: list[str]
    """The names of all options between which the figures do not decide, the chosen one among them."""

    @property
    def best(self) -> Option:
        """The most accurate option."""
        return max(self.options, key=lambda each: each.row.accuracy.estimate if each.row.accuracy else 0.0)


def choose(rows: dict[str, Row], naive: str, level: float, epsilon: float) -> Choice:
    """Choose one of several options that were trained from the same seeds.

    Allowed is what is not worse than the best. Among those, what keeps states and predictions EXACT goes first; then
    what computes the fewest tokens in training. Between equals the default of Keras stays.

    Args:
        rows: option and how it was trained, at least one.
        naive: what Keras does by default; it may be no option.
        level: confidence level of the printed intervals.
        epsilon: the largest difference of accuracy that does not matter.
    """
    best = max(rows.values(), key=_accuracy)
    options = options_of(rows, best, level, epsilon)
    allowed = [each for each in options if each.allowed]
    left = [each for each in allowed if each.row.exact] or allowed
    cheapest = min(each.row.tokens for each in left)
    equals = [each for each in left if each.row.tokens <= cheapest * (1 + SAME_COST)]
    by_default = [each for each in equals if each.name == naive]
    chosen = by_default[0] if by_default else max(equals, key=lambda each: _accuracy(each.row))
    return Choice(chosen, options, [each.name for each in equals])


def options_of(rows: dict[str, Row], best: Row, level: float, epsilon: float) -> list[Option]:
    """Every option against the best one."""
    found = [(name, row, accuracy_difference(row, best, level)) for name, row in rows.items()]
    return [Option(name, row, to_best, row is best or _allowed(to_best, epsilon)) for name, row, to_best in found]


def _allowed(to_best: Comparison, epsilon: float) -> bool:
    if to_best.verdict(epsilon) in (Verdict.EXACT, Verdict.EQUIVALENT):
        return True
    estimate = to_best.contrast.estimate
    return estimate is not None and estimate >= -epsilon and not to_best.below(0.0)


def _accuracy(row: Row) -> float:
    return row.accuracy.estimate if row.accuracy is not None else 0.0
