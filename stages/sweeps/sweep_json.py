"""reports/<dataset>/sweeps/<name>.json as types: here and in sweep_json_*.py its keys are spelled, and nowhere else."""

from functools import cached_property
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from stages.analysis import contract
from stages.analysis.estimate import CONFIG, left_out
from stages.stats.rounding import rounded
from stages.sweeps.spec import SIDE, VARIANT, Estimand, FigureSpec, Overrides
from stages.sweeps.sweep_json_causes import Causes
from stages.sweeps.sweep_json_findings import (
    Equivalence,
    Exact,
    Gains,
    Interaction,
    Knee,
    MainEffect,
    Matrix,
    Mismatch,
    NamedEffect,
    Published,
    Threshold,
    Tuning,
)
from stages.sweeps.sweep_json_rows import Contrast, Levels, Row

Kind = TypeVar("Kind")

SCHEMA = 2


class Document:
    """A file of JSON as a type."""

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """From JSON's own types.

        Raises:
            pydantic.ValidationError: a key is missing, unknown or of another type, with its path.
        """
        return contract.from_json(cls, content)

    def to_json(self) -> Any:
        """As JSON's own types."""
        return contract.to_json(self)

    def rounded(self) -> Self:
        """The same with every float at 4 significant digits, as its file holds it.

        Raises:
            ValueError: a float is not finite.
        """
        return self.from_json(rounded(self.to_json()))


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Effect(NamedEffect, Contrast):
    """What one level of an axis does against the reference, other levels held fixed or averaged over."""

    axis: str
    within: Levels
    """The levels held fixed; empty where it is a mean over all others."""
    of_combinations: int
    """Combinations that have something to compare."""
    method: str


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Axis:
    """One axis with its labels, the reference first; of the variants as they were trained."""

    name: str
    labels: list[str]
    sets: dict[str, Overrides]
    """Label -> dotted param -> value; empty for side and variant."""

    @property
    def changes(self) -> list[str]:
        """Dotted params that its levels change; none for side and variant."""
        return sorted(set().union(*self.sets.values()))


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Texts:
    """Numbers of texts, the smallest where experiments differ."""

    train: int
    test: int
    exported: int
    """Test texts whose states were compared."""
    alike: bool
    """Whether all experiments have the same."""


Finding = Annotated[
    Threshold | Knee | Equivalence | Tuning | Published | Matrix | Mismatch | Causes | MainEffect | Gains | Exact,
    Field(discriminator="id"),
]


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SweepReport(Document):
    """The whole of a sweep's JSON, floats at 4 significant digits."""

    schema: int
    name: str
    title: str
    question: str
    answer: str
    dataset: str
    command: str
    code: str | None = left_out()
    """Hash of the code that computed every experiment's figures; left out where that was not one, or is not known."""
    settings: Overrides
    """Dotted param -> value that every experiment changed alike."""
    axes: list[Axis]
    texts: Texts
    seeds: list[int]
    experiments: int
    level: float
    epsilon: dict[str, float]
    """The largest differences that do not matter, by estimand."""
    pads: int
    read: list[Estimand]
    figure: FigureSpec
    copies: list[str]
    """Variants whose every row repeats the baseline."""
    repeats: dict[str, str]
    """Variant -> another that comes first and whose figures it repeats to the last bit."""
    rows: list[Row]
    effects: list[Effect]
    interactions: list[Interaction]
    """The notable ones, the clearest first."""
    interactions_looked_at: int
    findings: list[Finding]
    """What this kind of sweep shows, then what every axis does, then what is exact."""
    method: str

    @cached_property
    def originals(self) -> list[Row]:
        """The rows without those of variants that repeat the baseline everywhere."""
        return [row for row in self.rows if row.variant not in self.copies]

    @property
    def naming_axes(self) -> list[str]:
        """Every axis that has several labels; side and variant always, for a row is named by them."""
        return [axis.name for axis in self.axes if axis.name in (SIDE, VARIANT) or len(axis.labels) > 1]

    def of_kind(self, kind: type[Kind]) -> list[Kind]:
        """The findings of one kind."""
        return [finding for finding in self.findings if isinstance(finding, kind)]

    def ordered(self, levels: Levels) -> Levels:
        """The levels in the order of the axes, which JSON does not keep."""
        return {axis.name: levels[axis.name] for axis in self.axes if axis.name in levels}
