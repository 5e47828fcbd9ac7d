"""The part of a sweep's JSON on where the harm of padding comes from."""

from typing import Literal

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, left_out
from stages.sweeps.sweep_json_findings import InWords
from stages.sweeps.sweep_json_rows import Figure, Levels


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Cause(Figure):
    """What one cause changes in accuracy: a share of the texts, a mean over seeds."""

    part: str
    """total, input and weights; then what is not a part of these."""
    group: str
    """What it is compared with, in words."""
    label: str
    """In words."""
    by_seed: list[int] | None = left_out()
    """Texts more, seed by seed; left out where it is not counted on the exported texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Causes(InWords):
    """Where the harm of padding comes from."""

    id: Literal["causes"] = "causes"
    levels: Levels
    seeds: list[int]
    texts: int
    """Exported test texts."""
    causes: list[Cause]
    """That of input and weights add up to the total, seed by seed."""
    along_readout: Figure
    """Share of the squared shift that pads give the state of the masked weights that lies along the classifier's."""
