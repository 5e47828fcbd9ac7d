"""The part of report.json on one padding side and variant: its seeds, and every condition."""

from pydantic import Field
from pydantic.dataclasses import dataclass

from stages.analysis.contract_audit import AuditFacts
from stages.analysis.contract_memory import Forgetting, PadStep, Probes, Trajectories
from stages.analysis.contract_served import Patches, Served
from stages.analysis.estimate import (
    CONFIG,
    Estimate,
    Number,
    OverSeeds,
    SeedCount,
    SplitScores,
    left_out,
    left_out_where_empty,
)
from stages.params.model import Architecture
from stages.runtime.paths import condition_name
from stages.states.schema import HEAD

ALONE = condition_name(0)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SeedFacts:
    """One trained model."""

    seed: int
    """It draws weights, batches and dropout."""
    learned: bool
    """Whether the interval of its validation accuracy lies above the majority's share there."""
    majority: float
    """Share of the most frequent class among the test texts."""
    accuracy: Estimate
    """On the test texts, padded as trained, with Wilson's interval."""
    scores: dict[str, SplitScores]
    """By split."""
    epochs: int
    """Epochs that were trained."""
    accuracy_by_condition: dict[str, float]
    """Of the exported test texts, the text alone among the conditions."""
    drift_by_condition: dict[str, dict[str, float | None]]
    """Drift ratio by condition and state; None where the state has no spread."""
    flips_by_condition: dict[str, float]
    """Share of predictions flipped."""
    readout_drift_by_condition: dict[str, float | None] = left_out_where_empty()
    """Readout drift against as-trained, the text alone among the conditions; None where the readout has no spread."""
    flips_against_training_by_condition: dict[str, float] = left_out_where_empty()
    """Share of predictions that are others than as trained, the text alone among the conditions."""
    patches: Patches | None = left_out()
    """Left out where they were not asked for, or the model is no chain of layers with a final state."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class StateFacts:
    """What one condition does to one state: means over the seeds that learned, None where one seed has none."""

    cosine: float | None
    """Mean cosine of the state with pads and without."""
    units_moved: Estimate | None
    """Share of units with a mean shift beyond 0.2 sd of the shift."""
    units_different: float | None
    """Share of units with an adjusted p of at most .05."""
    all_units_equivalent: int
    """Seeds in which every unit is shown to stay within its bound."""
    joint_distance: float | None
    """Mahalanobis distance of the mean shift, debiased."""
    jointly_equivalent: int
    """Seeds in which that is shown to stay within its bound."""
    of: int
    """Seeds that learned."""
    dispersion_left: Estimate | None
    """tr Cov with pads over tr Cov without."""
    participation_ratio: float | None
    """(tr S)² / tr S² of the states with pads."""
    effective_rank: float | None
    """exp of the entropy of the shares of variance."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class OverUnits:
    """Median and maximum over the units of a state, means over the seeds that learned."""

    median: float
    """Over units."""
    largest: float
    """Over units."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class LengthStratum:
    """Texts of one range of lengths, medians over units."""

    from_: int = Field(validation_alias="from", serialization_alias="from")
    """Tokens of the shortest text."""
    to: int
    """Tokens of the longest text."""
    texts: int
    """How many."""
    w1: float
    """Wasserstein distance, in units of the state."""
    ks: float
    """Kolmogorov–Smirnov distance of binned values, a lower bound."""
    drift_ratio: float | None
    """Of these texts over the spread of all; None where there is no spread."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class DistributionFacts:
    """How far the distributions of single units lie apart with pads and without."""

    w1: OverUnits
    """Wasserstein distance."""
    ks: OverUnits
    """Kolmogorov–Smirnov distance."""
    strata: list[LengthStratum]
    """Shortest texts first."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class ConditionFacts(Served):
    """What one condition does to a cell, against the text alone; means over the seeds that learned."""

    condition: str
    """pads-<k>, as-trained or other-side."""
    pads: int | None
    """Extra pads; None where their number differs by text."""
    largest_change: float
    """max |change| of any state over units, texts and all seeds."""
    drift_ratio: dict[str, Estimate | None]
    """By state."""
    flip_rate: Estimate | None
    """Share of predictions flipped."""
    mean_probability_change: float | None
    """Mean over texts of the largest |change| of a class's probability."""
    gained: Estimate | None
    """Share of texts turned right."""
    lost: Estimate | None
    """Share of texts turned wrong."""
    nll_change: Estimate | None
    """In nats."""
    brier_change: Estimate | None
    """Of the error summed over classes."""
    mcnemar: SeedCount
    """McNemar's exact test of gained against lost."""
    states: dict[str, StateFacts] | None
    """By state; None where too few seeds learned."""
    distributions: DistributionFacts | None
    """Of the last hidden state; None where too few seeds learned, or its values have no bounds."""
    sign_flips: dict[str, SeedCount] | None = left_out()
    """By state, sign flips of whole texts; left out where texts are many."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class CurvePoint:
    """One bin of a calibration curve."""

    confidence: float
    """Mean of the predicted class's probability."""
    accuracy: float
    """Share of its texts predicted right."""
    texts: int
    """How many."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TrainingFacts:
    """Test accuracy minus the baseline's, paired by seed; None where neither learned, or as `reason` says."""

    difference: Estimate | None
    """In shares of the test texts, for new seeds and texts; a bound where some seeds of either did not learn."""
    mean: float
    """Also where there is no interval."""
    sign_flip_p: float | None
    """Two-sided, exact."""
    better: Estimate | None
    """Share of seeds in which the variant scores higher, ties by half."""
    tost_p: float | None
    """Of two one-sided t tests against ε."""
    detectable: float | None
    """Smallest difference that a t test finds with power .8."""
    n_seeds: int
    """Paired."""
    reason: str | None
    """Why figures are undefined; None where they are not."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class OverBagOfWords:
    """Test accuracy minus that of the bag of words on the same texts, mean over all seeds."""

    estimate: Number
    """In shares of the test texts."""
    low: Number | None
    """Lower bound of the t interval; None with one seed."""
    high: Number | None
    """Upper bound; None with one seed."""
    n_seeds: int
    """All seeds."""
    n_seeds_better: int
    """Seeds that get more texts right."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class CellFacts:
    """One padding side and variant."""

    side: str
    """Padding side: pre or post."""
    variant: str
    """Id in params.yaml."""
    architecture: Architecture
    """Mask and sizes as trained."""
    vectors: list[str]
    """States that were compared: h and c of every recurrent layer, and head."""
    same_as_baseline: bool
    """Whether every score and state equals the baseline's to the last bit."""
    seeds: list[SeedFacts]
    """Rising."""
    n_seeds: int
    """Trained."""
    n_seeds_at_chance: int
    """Seeds that did not learn."""
    accuracy: OverSeeds
    """On the test texts, padded as trained, for new seeds and texts; a bound where some seeds did not learn."""
    p_learn: Estimate
    """How probable it is that a new seed learns, with Clopper and Pearson's interval."""
    accuracy_learned: Estimate | None
    """Accuracy given that it learned, for new seeds and texts; None where no seed did."""
    computed_tokens: int
    """Steps computed in training, over all seeds and epochs."""
    text_tokens: int
    """Those of them that read a token of text."""
    padding_share_computed: float
    """Share of the computed steps that read padding."""
    alone: Served
    """The text without any padding."""
    conditions: list[ConditionFacts]
    """Extra pads rising, as trained, other side."""
    calibration: dict[str, list[CurvePoint]]
    """Curve by condition, predictions of all seeds that learned together; empty where none did."""
    probes: Probes | None
    """None where too few seeds learned."""
    forgetting: Forgetting | None
    """None where too few seeds learned, or pads do not move the state."""
    audit: AuditFacts
    """Which layer reads pads first, and what is proven."""
    pad_step: PadStep | None
    """None where no seed learned, or there is no recurrent layer."""
    path: Trajectories | None
    """Of the first seed that learned and moves; None where none does."""
    training: TrainingFacts | None
    """None for the baseline itself, or without one."""
    over_bag_of_words: OverBagOfWords
    """What the network adds to the words."""

    @property
    def learned(self) -> list[SeedFacts]:
        """The seeds that beat chance."""
        return [seed for seed in self.seeds if seed.learned]

    def drift(self, seed: SeedFacts, condition: str) -> float | None:
        """One seed's drift ratio of what the classifier reads; None where it has no spread or was not compared."""
        return seed.drift_by_condition.get(condition, {}).get(self.state)

    @property
    def name(self) -> str:
        """Side and variant in one word, as the folders of data/ are named."""
        return f"{self.side}-{self.variant}"

    @property
    def title(self) -> str:
        """Variant and side, in Markdown."""
        return f"`{self.variant}` ({self.side})"

    @property
    def mask(self) -> str:
        """How it masks: a value of `mask` in params.yaml."""
        return self.architecture.mask

    @property
    def state(self) -> str:
        """The state that the report speaks of: what the classifier reads."""
        return HEAD if HEAD in self.vectors else self.vectors[-1]

    def at(self, condition: str) -> ConditionFacts | None:
        """What is known of one condition; None where it was not compared with the text alone."""
        return next((known for known in self.conditions if known.condition == condition), None)

    def served(self, condition: str) -> Served | None:
        """Accuracy under one condition, the text alone among them."""
        return self.alone if condition == ALONE else self.at(condition)

    def state_at(self, condition: str, state: str) -> StateFacts | None:
        """What is known of one state under one condition; None where too few seeds learned."""
        known = self.at(condition)
        return None if known is None or known.states is None else known.states.get(state)
