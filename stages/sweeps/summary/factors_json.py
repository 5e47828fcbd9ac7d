"""reports/<dataset>/factors.json as types: here its keys are spelled, and nowhere else."""

import math
from dataclasses import replace
from typing import Self

from pydantic.dataclasses import dataclass

from stages.analysis.contract import Claim
from stages.analysis.estimate import CONFIG, Estimate, left_out
from stages.reporting.results import DRIFT
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.spec import VARIANT
from stages.sweeps.sweep_json import Document, Texts
from stages.sweeps.sweep_json_findings import Interaction
from stages.sweeps.sweep_json_rows import RATIO, Figure

SCHEMA = 2

UNMASKED = "unmasked"
MASKED = "masked"
AVERAGED = "averaged"
GROUPS = (UNMASKED, MASKED, AVERAGED)
"""Groups of models, of which the last is the mean of both."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class LargestEffect(Figure):
    """The largest effect of one factor on one estimand in one group of models; without one all but `reason` is None.

    Its interval holds at once with those of all other contrasts that were looked at.
    """

    scale: str | None = left_out()
    """difference, or ratio, where 1 is no effect."""
    level: str | None = left_out()
    reference: str | None = left_out()
    where: str | None = left_out()
    """The side or other level held fixed; empty where it is an average."""

    @property
    def shown(self) -> bool:
        """Whether its interval excludes "no effect"."""
        nothing = 1.0 if self.scale == RATIO else 0.0
        return self.low is not None and self.high is not None and not self.low <= nothing <= self.high

    @property
    def contrast(self) -> str:
        """`longest*8` against `0.95`, post."""
        place = f", {self.where}" if self.where else ""
        return f"`{self.level}` against `{self.reference}`{place}"

    def turned(self) -> Self:
        """The reference against the level."""
        ends = (self.estimate, self.high, self.low)
        if self.scale == RATIO and self.estimate is not None and self.estimate > 0:
            estimate, low, high = (None if end is None or end <= 0 else 1 / end for end in ends)
        else:
            estimate, low, high = (None if end is None else 0.0 - end for end in ends)
        return replace(self, estimate=estimate, low=low, high=high, level=self.reference, reference=self.level)


def size(effect: LargestEffect | Interaction) -> float:
    """How far it lies from no effect, on the scale on which effects add; 0 where it is undefined."""
    estimate = effect.estimate or 0.0
    return abs(math.log(estimate)) if effect.scale == RATIO and estimate > 0 else abs(estimate)


def no_effect(reason: str) -> LargestEffect:
    """What stands where there is none."""
    return LargestEffect(estimate=None, low=None, high=None, reason=reason)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Factor:
    """What one axis of one sweep does at its largest, and what serving otherwise costs there."""

    factor: str
    """Its name in words."""
    axis: str
    """Of its sweep."""
    sweep: str
    effects: dict[str, dict[str, LargestEffect]]
    """By group of models, then by estimand; the worse level first."""
    served_otherwise: LargestEffect | None = None
    """What serving the unmasked model otherwise costs for sure."""
    beside: LargestEffect | None = None
    """What the masked model loses between the two levels that rank it: that much is not the padding's doing."""
    other_sweeps: list[str]
    """That have this axis too."""

    @property
    def groups(self) -> list[str]:
        """The groups of models that it has an effect in, the one that ranks it first: of the mask itself the mean."""
        return [AVERAGED] if self.axis == VARIANT else [UNMASKED, MASKED]

    @property
    def of_unmasked(self) -> dict[str, LargestEffect]:
        """The effects that rank it."""
        return self.effects[self.groups[0]]

    @property
    def lead(self) -> LargestEffect:
        """The effect on accuracy that ranks it."""
        return self.of_unmasked[ACCURACY]

    @property
    def lead_drift(self) -> LargestEffect:
        """The effect on drift that ranks what accuracy leaves equal."""
        return self.of_unmasked[DRIFT]

    @property
    def rank(self) -> tuple[bool, float, bool, float]:
        """Shown effects before others, larger ones first: on accuracy, then on drift."""
        return not self.lead.shown, -size(self.lead), not self.lead_drift.shown, -size(self.lead_drift)

    @property
    def named(self) -> LargestEffect:
        """The effect whose levels its row names: that on accuracy where there is one, of the unmasked model first."""
        known = [self.effects[group][estimand] for group in self.groups for estimand in (ACCURACY, DRIFT)]
        return next((effect for effect in known if effect.estimate is not None), known[0])


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SweptInteraction(Interaction):
    """An interaction and the sweep that shows it."""

    sweep: str


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class OptionFacts:
    """One option of a decision, against the most accurate one."""

    option: str
    accuracy: Estimate
    to_best: Figure
    """Its accuracy minus the best's."""
    tokens_ratio: float | None
    """Computed tokens over those of Keras' default; None where that was not trained."""
    exact: bool
    """Whether pads move neither state nor prediction."""
    allowed: bool
    """Whether it is not shown to be worse than the best."""
    best: bool


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class _ToDecide:
    decision: str
    naive: str
    """What Keras does by default."""
    evidence: str
    """The report or sweep that tells."""
    note: str
    """What is more accurate and breaks the mask; empty where nothing is."""
    knobs: list[str]
    """What sets it in params.yaml, key=value."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Undecided(_ToDecide):
    """One thing to decide, where nothing was run to tell."""

    choice: None = None
    run: str
    """What would tell."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Decided(_ToDecide):
    """One thing to decide, what was chosen, and what that buys against Keras' default."""

    choice: str
    either: list[str]
    """All options between which the figures do not decide."""
    row: str
    """The levels at which it was trained."""
    exact: bool
    """Whether pads move neither state nor prediction."""
    accuracy: Figure | None
    """What it buys; None where the default was not trained beside it, as the one below."""
    tokens_ratio: float | None
    """Computed tokens over those of the default."""
    options: list[OptionFacts]

    @property
    def changes(self) -> bool:
        """Whether it is another than Keras' default."""
        return self.choice != self.naive


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class RunFacts:
    """A sweep that was run."""

    name: str
    title: str
    experiments: int
    texts: Texts
    seeds: int
    """Of every row."""
    code: str | None = left_out()
    """As in its own JSON."""
    command: str


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class MissingSweep:
    """A sweep that was not run and can run on this dataset."""

    name: str
    command: str


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class FactorsReport(Document):
    """The whole of factors.json, floats at 4 significant digits."""

    schema: int
    """Version of this form."""
    dataset: str
    answer: list[str]
    """The lines on top, in Markdown."""
    factors: list[Factor]
    """The worst first."""
    contrasts: dict[str, int]
    """How many of each estimand were looked at, for which the intervals of the factors hold at once."""
    interactions: list[SweptInteraction]
    """Those on accuracy before others, the largest first."""
    claims: list[Claim]
    """Those that sweeps decide."""
    recommendation: list[Decided | Undecided]
    """Each with those before it as they were chosen."""
    together: str
    """The command that trains all choices at once."""
    fixed_width: list[str]
    """Heads whose rows can take no more pads."""
    code: str | None = left_out()
    """Hash of the code that computed report.json; left out where there is none."""
    run: list[RunFacts]
    missing: list[MissingSweep]

    @property
    def of_other_code(self) -> list[str]:
        """The sweeps whose figures another code computed than report.json, or than the first sweep without one."""
        codes = [sweep.code for sweep in self.run]
        first = self.code or next(iter(codes), None)
        return [sweep.name for sweep, code in zip(self.run, codes, strict=True) if code is None or code != first]

    @property
    def decided(self) -> list[Decided]:
        """The decisions with a choice."""
        return [decision for decision in self.recommendation if isinstance(decision, Decided)]
