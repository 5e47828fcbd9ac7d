"""The part of report.json on what pads leave in a state: what is read off it, where it goes, unit by unit."""

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, Estimate, left_out


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class LabelProbe:
    """What classifiers make of the state under one number of pads."""

    condition: str
    """pads-<k>."""
    pads: int
    """Extra pads."""
    frozen: Estimate | None
    """Accuracy of the model's own classifier."""
    refitted: Estimate | None
    """Accuracy of a linear probe fitted on these states."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class PadCountProbe:
    """How well a linear probe reads the number of pads off the state."""

    classes: int
    """Numbers of pads that it tells apart."""
    accuracy: Estimate | None
    """Share of unseen texts; None where undefined."""
    chance: float
    """1 / classes."""
    information_bits: Estimate | None
    """V-information."""
    entropy_bits: float
    """Of the number of pads, the most that could be read."""
    reason: str | None
    """Why it is undefined; None where it is not."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Probes:
    """What linear probes read off the state that the classifier reads."""

    texts: int
    """Texts that the probes saw."""
    label: list[LabelProbe]
    """By number of pads, rising."""
    label_reason: str | None
    """Why the refitted probe is undefined; None where it is not."""
    pad_count: PadCountProbe
    """Of all numbers of pads at once."""
    length_r2: Estimate | None
    """R² of the text's length from the unpadded state."""
    confounded: list[str]
    """Conditions whose number of pads follows from the text's length."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class ForgettingPoint:
    """Distance between the states of two texts as a ratio to that without pads, geometric means."""

    pads: int
    """Extra pads."""
    within: Estimate | None
    """Of texts of one class."""
    between: Estimate | None
    """Of texts of two classes."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Forgetting:
    """How fast pads bring the states of two texts together."""

    points: list[ForgettingPoint]
    """By number of pads, rising."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class FixedPoint:
    """A state that one more pad leaves as it is."""

    spectral_radius: float
    """Of the Jacobian there; below 1 it attracts."""
    starts: float
    """Share of texts that end there."""
    residual: float
    """Norm of what one more pad still changes."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class AtPads:
    """A number of texts under one number of pads."""

    pads: int
    """Extra pads, the least of those with as many texts."""
    texts: int
    """How many."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class EveryPads:
    """The worst of every number of pads, for some texts and one model."""

    texts: int
    """That were read."""
    pads: int
    """All numbers from 0 to this were tried."""
    as_trained: int
    """Texts whose class is right where they are padded as in training."""
    flipped: AtPads
    """Most texts with another class than as trained."""
    right: AtPads
    """Fewest texts whose class is right."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class PadStepSeed:
    """Where a run of pads ends in one model."""

    seed: int
    """Of the model."""
    settled: float | None
    """Share of texts that reach a fixed point; None where a pad does not move the state."""
    fixed_points: list[FixedPoint]
    """The most visited first."""
    every_pads: EveryPads | None = left_out()
    """Left out where the model is no chain of layers that read forward alone."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class PadStep:
    """The map that one pad applies to the first recurrent layer's state."""

    moves: bool
    """Whether a pad moves the state in any seed; a mask that works makes it stand still."""
    layer: str
    """Its name."""
    seeds: list[PadStepSeed]
    """Those that learned."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TextTrajectory:
    """One text on its way through the plane as pads are added."""

    label: int
    """Index of its class."""
    pads: list[int]
    """Extra pads, rising."""
    x: list[float]
    """First principal component, by number of pads."""
    y: list[float]
    """Second principal component."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Trajectories:
    """Where pads lead the states of some texts of one model, in a plane."""

    seed: int
    """Of the model."""
    explained: list[float]
    """Share of the variance of either axis."""
    texts: list[TextTrajectory]
    """Some of every predicted class."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Similarity:
    """How alike the states of two models are for the same texts, mean over pairs of models."""

    side: str
    """Padding side."""
    of: str
    """variants: pairs of equal seed; seeds: pairs of one variant."""
    one: str
    """A variant."""
    two: str
    """The other variant, or the same."""
    condition: str
    """Under which both read the texts."""
    pairs: int
    """How many pairs of models."""
    cka: Estimate | None
    """1: equal up to rotation and scale; None without a pair."""
    procrustes: Estimate | None
    """Angle in radians, 0: equal; None without a pair."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class UnitFacts:
    """What one number of pads does to every unit of the last hidden state of one model; lists in their order."""

    side: str
    """Padding side."""
    variant: str
    """Id in params.yaml."""
    seed: int
    """Of the model."""
    state: str
    """h_<layer> of the last layer."""
    pads: int
    """Extra pads."""
    effect: list[float | None]
    """Mean shift over the sd of the shift; None where it does not vary."""
    shift: list[float | None]
    """Mean shift over the sd of the unit without pads; None where that does not vary."""
    largest: list[float]
    """max |change| over texts."""
