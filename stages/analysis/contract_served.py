"""The part of report.json on a cell that is served under one condition."""

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, Estimate, Number, left_out


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Patches:
    """One model's weights, read without a mask: with pads, without, and with one part of the state as pads leave it."""

    texts: int
    """Exported test texts."""
    right: dict[str, int]
    """Texts whose class is predicted: `none` (no pads), `before` and `behind` (padded to max_len on that side), and
    where there is a cell state `before_h` and `before_c` (the text starts from that part of the state alone),
    `behind_c` and `behind_h` (of the two factors of h = o tanh(c), tanh(c) alone is as behind the pads, or o alone)."""
    along_readout: dict[str, Number | None]
    """Share of the squared shift of the state by pads `before` and `behind` that lies along the classifier's weights;
    None where nothing moves."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class AgainstTrainingFacts:
    """What a condition does to the same texts padded as in training; each None where too few seeds learned."""

    flip_rate: Estimate | None
    """Share of predictions flipped."""
    gained: Estimate | None
    """Share of texts turned right."""
    lost: Estimate | None
    """Share of texts turned wrong."""
    readout_drift: Estimate | None
    """Σ|Wᵀ(h − h*)|² / Σ|Wᵀ(h* − mean h*)|² along the classifier's weights W, h* as trained; None without spread."""
    readout_drift_symmetric: Estimate | None
    """The same over the mean of the spreads of Wᵀh* and Wᵀh."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Served:
    """Accuracy and calibration when served under one condition; None where too few seeds learned."""

    accuracy: Estimate | None
    """Of the exported texts."""
    accuracy_change: Estimate | None
    """Minus that padded as trained; None too for the condition as trained itself."""
    calibration_error: Estimate | None
    """Root mean squared gap of accuracy and confidence, debiased."""
    against_training: AgainstTrainingFacts | None = left_out()
    """Left out for the condition as trained itself."""
