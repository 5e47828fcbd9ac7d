"""The cheapest of the options that are not shown to be worse than the best one."""

from collections.abc import Iterable
from dataclasses import dataclass

from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.summary.comparing import Comparison, comparison
from stages.sweeps.sweep_json_rows import Row

SAME_COST = 1e-3
"""Options whose computed tokens differ by less than this part cost the same."""


@dataclass(frozen=True)
class Options:
    """Options that were trained from the same seeds with all else alike: in the main report, or in one sweep.

    Attributes:
        evidence: the report or sweep that trained them.
        rows: option and how it was trained.
        level: confidence level of the printed intervals.
        epsilon: the largest difference of accuracy that does not matter.
    """

    evidence: str
    rows: dict[str, Row]
    level: float
    epsilon: float

    def gain(self, option: str, other: str) -> Comparison:
        """The accuracy of one option minus that of another."""
        return comparison(self.rows[option], self.rows[other], ACCURACY, self.level)

    def tokens_ratio(self, option: str, other: str) -> float | None:
        """The computed tokens of one option over those of another; None where the other was not trained."""
        return self.rows[option].computed_tokens / self.rows[other].computed_tokens if other in self.rows else None

    def best(self, names: Iterable[str]) -> str:
        """The most accurate of some options."""
        return max(names, key=lambda name: self.rows[name].accuracy.estimate)

    def allowed(self, name: str) -> bool:
        """Whether it is the best; or within ε of it; or below it by no more than ε, with an interval that holds 0."""
        to_best = self.gain(name, self.best(self.rows))
        if name == self.best(self.rows) or to_best.inside(self.epsilon):
            return True
        estimate = to_best.contrast.estimate
        return estimate is not None and estimate >= -self.epsilon and not to_best.below(0.0)

    def equals(self) -> list[str]:
        """All options between which the figures do not decide.

        Allowed is what is not worse than the best. Among those, what keeps states and predictions EXACT goes first;
        then what computes the fewest tokens in training.
        """
        allowed = [name for name in self.rows if self.allowed(name)]
        tokens = {name: self.rows[name].computed_tokens for name in allowed if self.rows[name].exact}
        tokens = tokens or {name: self.rows[name].computed_tokens for name in allowed}
        return [name for name, count in tokens.items() if count <= min(tokens.values()) * (1 + SAME_COST)]

    def choose(self, naive: str) -> str:
        """The default of Keras if it is among the equals, else the most accurate of them."""
        equals = self.equals()
        return naive if naive in equals else self.best(equals)
