"""The part of report.json on a cell that is served under one condition."""

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, Estimate, left_out


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
