"""The cheapest of the options that are not shown to be worse than the best one."""

from dataclasses import dataclass

from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.summary.comparing import Comparison, comparison
from stages.sweeps.sweep_json_rows import Row

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
        return max(self.options, key=lambda option: option.row.accuracy.estimate)


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
    options = against_best(rows, level, epsilon)
    allowed = [option for option in options if option.allowed]
    left = [option for option in allowed if option.row.exact] or allowed
    cheapest = min(option.row.computed_tokens for option in left)
    equals = [option for option in left if option.row.computed_tokens <= cheapest * (1 + SAME_COST)]
    by_default = [option for option in equals if option.name == naive]
    chosen = by_default[0] if by_default else max(equals, key=lambda option: option.row.accuracy.estimate)
    return Choice(chosen, options, [option.name for option in equals])


def against_best(rows: dict[str, Row], level: float, epsilon: float) -> list[Option]:
    """Every option against the most accurate one."""
    best = max(rows.values(), key=lambda row: row.accuracy.estimate)
    compared = [(name, row, comparison(row, best, ACCURACY, level)) for name, row in rows.items()]
    return [Option(name, row, to_best, row is best or _allowed(to_best, epsilon)) for name, row, to_best in compared]


def _allowed(to_best: Comparison, epsilon: float) -> bool:
    if to_best.verdict(epsilon) in (Verdict.EXACT, Verdict.EQUIVALENT):
        return True
    estimate = to_best.contrast.estimate
    return estimate is not None and estimate >= -epsilon and not to_best.below(0.0)
