"""The cheapest of the options that are not shown to be worse than the best one, and that keep the mask exact."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

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
        level: confidence level at which the intervals of all options hold at once.
        epsilon: the largest difference of accuracy that does not matter.
        must_be_exact: whether a mask that is EXACT was chosen before, which the choice may not break.
        naive: Keras' default, which stays unless it is shown to be worse or another is cheaper.
    """

    evidence: str
    rows: dict[str, Row]
    level: float
    epsilon: float
    must_be_exact: bool = False
    naive: str = ""

    @property
    def level_of_each(self) -> float:
        """The level of one interval at which those of all options against one of them hold at once (Bonferroni)."""
        return 1 - (1 - self.level) / max(1, len(self.rows) - 1)

    def gain(self, option: str, other: str) -> Comparison:
        """The accuracy of one option minus that of another."""
        return comparison(self.rows[option], self.rows[other], ACCURACY, self.level_of_each)

    def tokens_ratio(self, option: str, other: str) -> float | None:
        """The computed tokens of one option over those of another; None where the other was not trained."""
        return self.rows[option].computed_tokens / self.rows[other].computed_tokens if other in self.rows else None

    def best(self, names: Iterable[str]) -> str:
        """The most accurate of some options."""
        return max(names, key=lambda name: self.rows[name].accuracy.estimate)

    @cached_property
    def eligible(self) -> list[str]:
        """What keeps states and predictions EXACT, if it must or if not all of that is shown to be worse; else all."""
        exact = [name for name, row in self.rows.items() if row.exact]
        return exact if self.must_be_exact or not all(self._worse(name) for name in exact) else list(self.rows)

    def allowed(self, name: str) -> bool:
        """Whether it is eligible; and the best of those, or within ε of it, or not shown to be below and close to it.

        Close is an estimate within ε, or the default, which needs no reason.
        """
        if name not in self.eligible:
            return False
        best = self.best(self.eligible)
        to_best = self.gain(name, best)
        if name == best or to_best.inside(self.epsilon):
            return True
        estimate = to_best.contrast.estimate
        close = estimate is not None and (name == self.naive or estimate >= -self.epsilon)
        return close and not self._shown_below(to_best)

    def equals(self) -> list[str]:
        """Of all that are allowed those that compute the fewest tokens in training: the figures do not decide."""
        tokens = {name: self.rows[name].computed_tokens for name in self.rows if self.allowed(name)}
        return [name for name, count in tokens.items() if count <= min(tokens.values()) * (1 + SAME_COST)]

    def choose(self) -> str:
        """The default of Keras if it is among the equals, else the most accurate of them."""
        equals = self.equals()
        return self.naive if self.naive in equals else self.best(equals)

    def breaking(self, choice: str) -> str | None:
        """The most accurate of those that are not EXACT and are shown to be more accurate than the choice."""
        better = [
            name
            for name, row in self.rows.items()
            if not row.exact and self.gain(name, choice).above(0.0, self.level_of_each)
        ]
        return self.best(better) if better else None

    def _worse(self, name: str) -> bool:
        """Whether it is shown to be less accurate than the best."""
        return self._shown_below(self.gain(name, self.best(self.rows)))

    def _shown_below(self, gain: Comparison) -> bool:
        """Whether a gain is shown to be a loss; without an interval whether it is one of more than ε."""
        if gain.contrast.low is None:
            return (gain.contrast.estimate or 0.0) < -self.epsilon
        return gain.below(0.0, self.level_of_each)
