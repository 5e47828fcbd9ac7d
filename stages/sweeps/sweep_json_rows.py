"""The part of a sweep's JSON on its rows: figures with intervals, and a row for each combination, side and variant."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from stages.analysis.contract_served import Patches
from stages.analysis.estimate import CONFIG, Estimate, Number, left_out
from stages.params.layers import NO_RECURRENCE
from stages.params.model import Architecture
from stages.reporting.format import Bounded
from stages.reporting.results import DRIFT
from stages.stats.rounding import significant
from stages.stats.verdicts import UNMOVED, Verdict
from stages.sweeps.spec import SIDE, VARIANT

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Floats = NDArray[np.float64]
Kind = TypeVar("Kind", bound="DataclassInstance")
OF_DRIFT = (DRIFT, "state_drift")
NO_MASK, UNDONE_MASK = "none", "embedding+masking"
"""Masks: none, and the recipe whose second mask undoes the first."""

ROUNDING = 1e-12
"""A drift ratio up to this is rounding: the square of ten times float32's resolution (1.2e-7), which sums over rows of
another width leave in values near 1, beyond what counts as EXACT. In contrasts it stands for 0."""

DIFFERENCE, RATIO = "difference", "ratio"
"""Scales of an effect."""

Levels = dict[str, str]
"""Axis -> label."""


def picked(kind: type[Kind], source: object, **others: Any) -> Kind:
    """One of a class of JSON with the attributes of a source that have its fields' names, and the others as given.

    Raises:
        pydantic.ValidationError: a field without a default is in neither.
    """
    names = [name for name in (field.name for field in fields(kind)) if name not in others and hasattr(source, name)]
    return kind(**{name: getattr(source, name) for name in names}, **others)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Figure:
    """A figure and its interval; all None where it is undefined."""

    estimate: Number | None
    low: Number | None
    high: Number | None
    verdict: Literal[Verdict.PROVEN, Verdict.EXACT, Verdict.UNDEFINED] | None = left_out()
    """What takes no inference; left out where the interval says it all."""
    reason: str | None = left_out()
    """Why it, or its interval, is undefined; left out where nothing is."""

    @property
    def unmoved(self) -> bool:
        """Whether nothing moved in any seed."""
        return self.verdict in UNMOVED

    def rounded(self) -> Self:
        """The same at 4 significant digits, as it is printed."""
        estimate, low, high = (
            None if end is None else significant(end) for end in (self.estimate, self.low, self.high)
        )
        return replace(self, estimate=estimate, low=low, high=high)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Contrast(Figure):
    """A mean over seeds of one contrast within a seed."""

    estimand: str
    """accuracy, drift_ratio, flip_rate or, of one axis alone, computed_tokens."""
    scale: str
    """difference, or ratio, where 1 is no effect."""
    combinations: int
    """Combinations of the other axes that are in the mean."""
    n_seeds: int
    left_out: int


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SeedFigures:
    """One trained model of a row."""

    seed: int
    learned: bool
    majority: float
    """Share of the most frequent class among the test texts."""
    accuracy: float
    train_accuracy: float | None
    validation_accuracy: float | None
    drift_ratio: float | None
    """Of what the classifier reads; None at chance, 0 where the row is EXACT."""
    flip_rate: float | None
    """Share of predictions flipped; None at chance, 0 where the row is EXACT."""
    patches: Patches | None = left_out()
    """Left out where they were not asked for."""

    def figure(self, estimand: str) -> float | None:
        """Its value of an estimand; None where it has none."""
        value: float | None = getattr(self, estimand, None)
        return value


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Row:
    """One combination of levels with one padding side and variant."""

    levels: Levels
    """Of every axis, side and variant last."""
    architecture: Architecture
    max_len: int
    padding_share: float
    truncated_share: float
    cut_share: float
    """Share of the training tokens that were cut off."""
    n_seeds: int
    n_seeds_at_chance: int
    computed_tokens: int
    """Steps computed in training, over all seeds and epochs."""
    text_tokens: int
    """Those of them that read a token of text."""
    same_as_baseline: bool
    """Whether every figure is that of the baseline, to the last bit."""
    accuracy: Estimate
    train_accuracy: Estimate | None
    validation_accuracy: Estimate | None
    drift_ratio: Figure
    """Of what the classifier reads, under the pads that the report speaks of."""
    state_drift: Figure | None
    """Of the last hidden state; None without a recurrent layer."""
    flip_rate: Figure
    accuracy_change: dict[str, Figure]
    """Served under one condition minus served as trained, by condition."""
    seeds: list[SeedFigures]

    @property
    def side(self) -> str:
        """The padding side."""
        return self.levels[SIDE]

    @property
    def variant(self) -> str:
        """The id of the variant."""
        return self.levels[VARIANT]

    @property
    def options(self) -> Levels:
        """Its levels on the axes that are neither side nor variant."""
        return {axis: label for axis, label in self.levels.items() if axis not in (SIDE, VARIANT)}

    @property
    def name(self) -> str:
        """Its levels in one line, in Markdown: `0.95`, post, `masked`."""
        return ", ".join(label if axis == SIDE else f"`{label}`" for axis, label in self.levels.items())

    @property
    def unmasked(self) -> bool:
        """Whether it was trained without any mask."""
        return self.architecture.mask == NO_MASK

    @property
    def recurrent(self) -> bool:
        """Whether there is a recurrent layer at all."""
        return self.architecture.recurrent != NO_RECURRENCE

    @property
    def masked(self) -> bool:
        """Whether a mask reaches the recurrent layer."""
        return self.architecture.mask not in (NO_MASK, UNDONE_MASK)

    @property
    def without_mask(self) -> Architecture:
        """What the model is made of but for its mask."""
        return self.architecture.model_copy(update={"mask": NO_MASK})

    @property
    def learned(self) -> int:
        """How many seeds beat chance."""
        return sum(seed.learned for seed in self.seeds)

    @property
    def exact(self) -> bool:
        """Whether no pads moved the state that the classifier reads, nor a prediction, however it was served."""
        return (
            self.drift_ratio.unmoved
            and self.flip_rate.unmoved
            and all(change.unmoved for change in self.accuracy_change.values())
        )

    @property
    def worst_served(self) -> tuple[str, Figure] | None:
        """The condition that costs most accuracy when served under it, and the change; None where none is defined."""
        known = [(name, change) for name, change in self.accuracy_change.items() if change.estimate is not None]
        return min(known, key=lambda pair: pair[1].estimate or 0.0, default=None)

    def figure(self, estimand: str) -> Figure | Estimate | None:
        """The estimate of an estimand with its interval; None where there is none."""
        value: Figure | Estimate | None = getattr(self, estimand, None)
        return value

    def unmoved(self, estimand: str) -> bool:
        """Whether pads moved nothing of drift_ratio, state_drift or flip_rate in any seed."""
        figure = self.figure(estimand)
        return isinstance(figure, Figure) and figure.unmoved

    def learned_at(self, number: int) -> bool:
        """Whether the seed of this number beat chance."""
        return any(seed.learned for seed in self.seeds if seed.seed == number)

    def by_seed(self, estimand: str, numbers: list[int]) -> Floats:
        """A figure of every seed in the order of `numbers`, shape (seeds,); NaN where it has none.

        Drift and flips of a seed at chance are undefined; those of a row that is EXACT are 0.
        """
        by_number = {seed.seed: seed for seed in self.seeds}
        return np.array([_figure_of(by_number.get(number), estimand) for number in numbers], dtype=np.float64)


def estimate_of(figure: Bounded | None) -> Estimate | None:
    """A figure with its interval; None where it is undefined or not there."""
    return None if figure is None or figure.estimate is None else Estimate(figure.estimate, figure.low, figure.high)


def _figure_of(seed: SeedFigures | None, estimand: str) -> float:
    value = None if seed is None else seed.figure(estimand)
    if value is not None and estimand in OF_DRIFT and value <= ROUNDING:
        return 0.0
    return float("nan") if value is None else float(value)
