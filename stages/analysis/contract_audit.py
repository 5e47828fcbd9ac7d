"""The part of report.json that the audit of a cell's models found: which layer reads pads, and what is proven."""

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class AuditedLayer:
    """What one layer did with the mask, in the order of computation."""

    layer: str
    """Its name."""
    type: str
    """Its class."""
    did: str
    """made, kept, consumed, replaced, destroyed, lost_before, not_handed or none."""
    at_masked_steps: str | None
    """repeats (the step before), zeros or other; None without a mask or without one output a step."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class AuditedLeak:
    """The first layer that reads pads."""

    layer: str
    """Its name."""
    cause: str
    """As in the audit of any Keras model: no_mask, lost, destroyed, replaced, …"""
    culprit: str | None
    """The layer that lost, destroyed or replaced the mask; None where there is none."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class AuditFacts:
    """The audit of every model of a cell; what is not counted is that of the first seed."""

    proven: dict[str, int]
    """By the side of the pads: models for which it is proven that no number of them changes the output."""
    of: int
    """Models."""
    first_leak: dict[str, AuditedLeak | None]
    """By the side of the pads; None where the output does not change."""
    layers: list[AuditedLayer]
    """In the order of computation."""
    one_prediction_a_text: bool
    """Whether no output of the model has a time axis."""

    def proves(self, side: str) -> bool:
        """Whether every model is proven to ignore any number of pads on a side."""
        return self.proven[side] == self.of
