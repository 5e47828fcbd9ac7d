"""The part of a sweep's JSON on what it finds: interactions, and a class for each kind of finding."""

from typing import Literal

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, Estimate
from stages.sweeps.sweep_json_rows import Contrast, Figure, Levels


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Interaction(Contrast):
    """What two levels do together beyond what each does alone: a difference of differences, or a ratio of ratios."""

    axes: list[str]
    levels: Levels
    references: Levels
    """The first level of each."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class InWords:
    """What every finding has."""

    text: str
    in_answer: bool = False


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SeedFall:
    """Where one seed falls to chance."""

    seed: int
    last_learned: float | None
    """The last share of padding at which it learns; None where it learns at none."""
    first_lost: float | None
    """The first from which on it does not; None where it still does at the largest."""
    midpoint: float | None
    """Half way between; None where one of them is."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Threshold(InWords, Figure):
    """The share of padding from which on training without a mask stays at chance."""

    id: Literal["threshold"] = "threshold"
    levels: Levels
    n_seeds: int
    never_fell: int
    """Seeds that still learn at the largest share."""
    never_learned: int
    """Seeds that learn at no share."""
    bracket: list[float] | None
    shares: list[float]
    seeds: list[SeedFall]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Width:
    """Rows of one width."""

    label: str
    max_len: int
    computed_ratio: float
    """Computed tokens over those of the widest."""
    truncated_share: float


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class WidthLoss(Width, Figure):
    """Accuracy minus that of the widest rows."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Knee(InWords):
    """How short rows may be: accuracy lost against compute saved."""

    id: Literal["knee"] = "knee"
    levels: Levels
    axis: str
    widest: Width
    shortest: WidthLoss
    """Reached from the widest before one is not shown to lose less than ε."""
    knee: WidthLoss | None
    """Where accuracy over compute bends; None where half of the seeds do not agree."""
    seeds_with_this_knee: int | None
    """Seeds whose own curve bends there; None where the mean does not bend."""
    points: list[WidthLoss]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class BatchingPair(Figure):
    """Accuracy under one way to make batches minus that under another."""

    level: str
    reference: str
    tost_p: float | None
    """Of these tests; None where undefined."""
    tost_p_text: str | None
    low_90: float | None
    """Lower bound of the 90 % interval: that of two one-sided tests."""
    high_90: float | None
    n_seeds: int
    computed_ratio: float


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Equivalence(InWords):
    """How ways to make batches compare in accuracy."""

    id: Literal["equivalence"] = "equivalence"
    levels: Levels
    axis: str
    pairs: list[BatchingPair]
    """Every pair; those with the first way first."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Tried:
    """What a mask gains in one setting."""

    levels: Levels
    gap: Figure
    validation_accuracy: Estimate | None
    """Without a mask; None where it was not measured."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class GapAt(Figure):
    """What a mask gains, and where."""

    levels: Levels


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Tuning(InWords):
    """How much of what a mask gains tuning gives to the model without one."""

    id: Literal["tuning"] = "tuning"
    levels: Levels
    settings: int
    default: Levels
    best: Levels
    """By validation accuracy without a mask."""
    masked_best: Levels
    """By validation accuracy with the mask."""
    gap: Figure
    """What the mask gains at the first setting."""
    gap_left: Figure
    """At the best setting without a mask."""
    gap_left_both_tuned: Figure
    """Each at its best."""
    share_closed: Figure
    """1 − gap_left / gap; undefined where the gap is not shown."""
    smallest_gap: GapAt
    """Of all settings, not corrected for the choice."""
    tried: list[Tried]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Beside:
    """One published accuracy beside this one."""

    network: str
    """lstm or cnn."""
    side: str
    variant: str
    """That stands for the network here."""
    published: float
    """About, in training and test."""
    accuracy: Estimate
    train_accuracy: Estimate | None
    max_len: int
    padding_share: float


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Published(InWords):
    """The published comparison of padding sides beside this one."""

    id: Literal["published"] = "published"
    source: str
    table: list[Beside]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class HeadCell:
    """What one head does to the invariance of the state in one row."""

    head: str
    mask: str
    masked: bool
    side: str
    variant: str
    fate: str
    """keeps, rounds, breaks, leaks or undefined."""
    drift_ratio: Figure
    learned: int


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Matrix(InWords):
    """Which layers behind the recurrent layer keep its invariance, and which break it."""

    id: Literal["matrix"] = "matrix"
    cells: list[HeadCell]
    """A cell for each row with a recurrent layer."""
    keeps: list[str]
    rounds: list[str]
    breaks: list[str]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class ServedWorst(Figure):
    """The change of accuracy that costs most."""

    condition: str
    levels: Levels
    """At which it was trained, side and variant left out."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Mismatch(InWords):
    """What it costs to serve a model otherwise than it was trained."""

    id: Literal["mismatch"] = "mismatch"
    levels: Levels
    comparisons: int
    defined: int
    worst: ServedWorst | None
    """None where none is defined, or all are EXACT."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class NamedEffect(Figure):
    """An effect that a sentence names."""

    level: str
    reference: str
    """The first level of the axis, of the variants the baseline."""
    estimand: str


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class MainEffect(InWords):
    """What one axis does to accuracy and drift."""

    id: Literal["main"] = "main"
    axis: str
    """Of the grid; side or variant where the grid varies nothing."""
    levels: Levels
    """Variant and side that are spoken of."""
    effects: list[NamedEffect]
    """Of the levels that the sentence names."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Gains(InWords):
    """What a mask adds to accuracy at each level of one axis, averaged over the other axes of the grid."""

    id: Literal["gains"] = "gains"
    axis: str
    levels: Levels
    """The side that is spoken of."""
    variant: str
    """With the mask."""
    gains: list[GapAt]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Exact(InWords):
    """Which variants are EXACT in all of their rows."""

    id: Literal["exact"] = "exact"
    variants: list[str]
    rows: int
