"""The part of report.json that is judged: one family of verdicts, named before the run."""

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, Number, left_out
from stages.stats.verdicts import UNMOVED, Verdict


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class FamilyVerdict:
    """The answer to one question of the family on one padding side."""

    question: str
    """leak, accuracy or serving."""
    side: str
    """Padding side: pre or post."""
    variant: str
    """Id in params.yaml: baseline for leak and serving, analyze.family.variant for accuracy."""
    estimand: str
    """readout_drift (from as trained), accuracy_difference (from the baseline) or accuracy_change (from as trained)."""
    condition: str | None
    """The worst tested condition, which the figures speak of; None for accuracy, and where none moved or is defined."""
    estimate: Number | None
    """A ratio, or a share of the texts; None where undefined."""
    low: Number | None
    """Lower bound of the 95 % interval; None where undefined."""
    high: Number | None
    """Upper bound; None as `low`."""
    epsilon: float
    """The largest difference that does not matter; of accuracy the tighter of points and ratio of errors, in shares."""
    tolerance: float | None = left_out()
    """Of leak: what nine of ten new seeds stay below, with 95 % confidence; left out where seeds are too few."""
    verdict: Verdict
    """PROVEN, EXACT, EQUIVALENT, DIFFERENT, INCONCLUSIVE or UNDEFINED."""
    p: float | None
    """Of the claim that is made, or nearest; None where nothing moved, or undefined."""
    adjusted_p: float | None
    """p with Holm's correction over the family's questions that have one; None as `p`."""
    population: str | None
    """What the interval speaks of: st, new seeds and new texts, or t, new texts for this one model; None as `p`."""
    not_worse: bool | None
    """Whether any loss is shown to be at most ε (one-sided, 5 %); None for leak and where undefined."""
    seeds_needed: int | None
    """Seeds to train that would decide it at the present estimate and spread; None where decided, or none would."""
    about_epsilon: bool
    """Whether no number of seeds would decide it, because the estimate lies about ε for what the texts leave open."""
    reason: str | None = left_out()
    """Why it is UNDEFINED; left out otherwise."""

    @property
    def decided(self) -> bool:
        """Whether the question has its answer."""
        return self.verdict in (*UNMOVED, Verdict.EQUIVALENT, Verdict.DIFFERENT)
