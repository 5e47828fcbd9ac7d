"""A sweep file, sweeps/<name>.yaml, as checked types, and the points of its grid."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from stages.analysis.contract import Report
from stages.errors import UserError
from stages.params.datasets import Name
from stages.params.reading import read_mapping
from stages.params.section import Section, sentences, suggestion

Estimand = Literal["accuracy", "train_accuracy", "drift_ratio", "flip_rate", "accuracy_change", "computed_tokens"]
FigureKind = Literal["curves", "heatmap", "bars", "causes"]
Texts = int | Literal["all"]
Overrides = dict[str, Any]

SIDE, VARIANT = "side", "variant"
INNER_AXES = (SIDE, VARIANT)
"""What every experiment compares inside itself; an axis of the grid cannot have these names."""

ROW_FIGURES = ("padding_share", "max_len", "computed_tokens", "text_tokens")
"""Figures of a row that may stand on the x axis."""

TEXTS_KEY = "corpus.max_texts"

OWNERS = {
    "dataset": "the option --dataset (DATASET= of make) chooses it",
    "execution": "the option --jobs (JOBS= of make) divides the cores",
}
"""Keys that a sweep file may not set, and who does."""


@dataclass(frozen=True)
class Point:
    """One combination of levels, which one experiment runs.

    Attributes:
        levels: axis -> label.
        overrides: dotted param -> value, `dataset` among them; what the experiment changes of params.yaml.
    """

    levels: dict[str, str]
    overrides: Overrides

    def __str__(self) -> str:
        return ", ".join(f"{axis}={label}" for axis, label in self.levels.items())


@dataclass(frozen=True)
class ExperimentReport:
    """A point and its experiment's report.json."""

    point: Point
    report: Report


class FigureSpec(Section):
    """The figure of a sweep: what stands on x, and the axes that make panels and colours."""

    kind: FigureKind
    x: Name
    panels: Name | None = None
    colour: Name | None = None


class Sweep(Section):
    """A grid over params, and what to read from its experiments.

    Attributes:
        name: the file's name without its ending.
        only: the one dataset that it can run on, if it changes that dataset's own settings.
        set: dotted param -> value, changed in every experiment.
        grid: axis -> label -> what this level changes.
        datasets: dataset -> dotted param -> value, merged over `set` for this dataset.
    """

    name: Name
    title: Name
    question: Name
    only: Name | None = None
    set: Overrides = Field(default_factory=dict)
    grid: Annotated[dict[str, dict[str, Overrides]], Field(min_length=1)]
    read: Annotated[tuple[Estimand, ...], Field(strict=False, min_length=1)]
    figure: FigureSpec
    datasets: dict[str, Overrides] = Field(default_factory=dict)

    @field_validator("grid", mode="before")
    @classmethod
    def _long_form(cls, grid: Any) -> Any:
        """`param: [value, …]` stands for an axis with the param's name and a level for every value."""
        if not isinstance(grid, Mapping):
            return grid
        return {str(axis): _levels(str(axis), levels) for axis, levels in grid.items()}

    @model_validator(mode="after")
    def _each_key_once(self) -> "Sweep":
        for axis in self.grid:
            if axis in INNER_AXES:
                raise ValueError(f"grid.{axis}: every experiment compares its {axis}s inside; use pad.sides, variants")
        axes_of = _grid_keys(self.grid)
        for key, number in axes_of.items():
            if number > 1:
                raise ValueError(f"grid: {key} is changed by {number} axes; one param belongs to one axis")
        settings = [("set", self.set), *((f"datasets.{name}", values) for name, values in self.datasets.items())]
        for where, values in settings:
            for key in values:
                if key in axes_of:
                    raise ValueError(f"{where}: {key} is changed by the grid; take it out of one of them")
        for key in (*axes_of, *(key for _, values in settings for key in values)):
            section = key.split(".")[0]
            if section in OWNERS:
                raise ValueError(f"{key}: a sweep does not set it; {OWNERS[section]}")
        return self

    @model_validator(mode="after")
    def _figure_of_these_axes(self) -> "Sweep":
        axes = (*self.grid, *INNER_AXES)
        for key, allowed in (("x", (*axes, *ROW_FIGURES)), ("panels", axes), ("colour", axes)):
            name = getattr(self.figure, key)
            if name is not None and name not in allowed:
                raise ValueError(f"figure.{key}: {name!r} is no axis; {suggestion(name, allowed)}")
        return self

    @property
    def axes(self) -> dict[str, list[str]]:
        """The axes of the grid with their labels, in the order of the file."""
        return {axis: list(levels) for axis, levels in self.grid.items()}

    def settings(self, dataset: str, texts: Texts | None = None) -> Overrides:
        """What every experiment on this dataset changes, the grid and `dataset` left out; `texts` changes the size."""
        size = {} if texts is None else {TEXTS_KEY: texts}
        return {**self.set, **self.datasets.get(dataset, {}), **size}

    def points(self, dataset: str, texts: Texts | None = None) -> list[Point]:
        """Every combination of one level of each axis; the last axis changes fastest.

        Args:
            dataset: a name from the catalogue in params.yaml.
            texts: how many texts the corpus has, in place of the file's number; None keeps it.

        Raises:
            UserError: the sweep can run on another dataset alone, or its axes change the number of texts.
        """
        if self.only not in (None, dataset):
            raise UserError(
                f"sweep {self.name}: it changes the settings of {self.only}, so it runs on that dataset alone; "
                f"leave out the dataset or name {self.only} in place of {dataset}"
            )
        if texts is not None and TEXTS_KEY in _grid_keys(self.grid):
            raise UserError(f"sweep {self.name}: its grid changes {TEXTS_KEY}; leave out the number of texts")
        shared = {"dataset": dataset, **self.settings(dataset, texts)}
        combinations = itertools.product(*(levels.items() for levels in self.grid.values()))
        return [
            Point(
                levels={axis: label for axis, (label, _) in zip(self.grid, levels, strict=True)},
                overrides={**shared, **{key: value for _, level in levels for key, value in level.items()}},
            )
            for levels in combinations
        ]


def load_sweep(path: Path) -> Sweep:
    """Read and check one sweep file.

    Raises:
        UserError: there is no such sweep (the sentence lists those there are), or the file is not YAML, or holds an
            unknown key, a wrong type or an axis that cannot be.
    """
    if not path.exists():
        names = sorted(other.stem for other in path.parent.glob("*.yaml"))
        there = suggestion(path.stem, names).replace("allowed:", "there are:") if names else "there is none yet"
        raise UserError(f"{path}: no such sweep; {there}")
    content = read_mapping(path)
    if "name" in content:
        raise UserError(f"{path}: unknown key 'name'; the file's own name names the sweep")
    content = {"name": path.stem, **content}
    try:
        return Sweep.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path}: {'; '.join(sentences(error, content))}") from None


def label(value: Any) -> str:
    """How a level is called that is named by its value alone: as YAML writes the value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(label(part) for part in value)
    return str(value)


def _levels(axis: str, levels: Any) -> Any:
    if isinstance(levels, list):
        pairs = [(label(value), {axis: value}) for value in levels]
    elif isinstance(levels, Mapping):
        pairs = [(label(key), change) for key, change in levels.items()]
    else:
        raise ValueError(f"grid.{axis}: {levels!r} is not allowed; give a list of values, or labels with what they set")
    if not pairs:
        raise ValueError(f"grid.{axis}: there is no level; name at least one")
    for name, number in Counter(name for name, _ in pairs).items():
        if number > 1:
            raise ValueError(f"grid.{axis}: {name!r} stands there more than once; name each level once")
    return dict(pairs)


def _grid_keys(grid: Mapping[str, Mapping[str, Overrides]]) -> Counter[str]:
    """Every param that the grid changes, and how many axes change it."""
    return Counter(key for levels in grid.values() for key in dict.fromkeys(itertools.chain(*levels.values())))
