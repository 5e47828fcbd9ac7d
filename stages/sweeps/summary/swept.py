"""The sweeps of one dataset, asked for what a summary quotes: the models they compare, at the levels that are usual."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stages.params.derived import BASELINE
from stages.params.reading import dotted
from stages.sweeps.findings.effects import Grid, grid_of
from stages.sweeps.spec import INNER_AXES, VARIANT, Overrides, label
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_rows import Levels, Row

SWEEPS = {
    "amount": "from which share of padding on an unmasked model stops learning",
    "architecture": "padding side, mask and architecture, beside a published table",
    "size": "units and layers",
    "length": "longer texts with the same share of padding, and where in them the cue stands",
    "downstream": "the layer behind the recurrent layer, with and without a mask",
    "truncation": "accuracy lost against compute saved by cutting long texts",
    "batching": "rows of one width, batches trimmed to their longest text, texts of like length together",
    "mismatch": "trained under one padding, served under another",
    "causes": "pads that are read against pads in training, and through which part of the state they act",
    "tuning": "how much of what a mask gains tuning gains without one",
    "cell": "LSTM, GRU and simple recurrent cells",
}
"""The sweeps that this summary knows how to read, each with what it varies."""


ONLY = {"length": "synthetic"}
"""The sweeps that change the grammar of generated texts, and so run on no others."""


@dataclass(frozen=True)
class Swept:
    """One sweep, asked for rows and effects.

    Attributes:
        report: its JSON.
        usual: param and the values that the main report and other sweeps train with, the first of them preferred.
    """

    report: SweepReport
    usual: dict[str, list[str]]

    @cached_property
    def grid(self) -> Grid:
        """Its rows by their levels, without copies of the baseline."""
        return grid_of(self.report.rows, self.report.axes, self.report.level, self.report.epsilon)

    @property
    def unmasked(self) -> str | None:
        """The variant that stands for no mask: `baseline`, or the first without one."""
        return unmasked_variant(self.grid.rows)

    @cached_property
    def masked(self) -> str | None:
        """The first variant with a mask that works and nothing else that sets it apart from the unmasked one."""
        working = dict.fromkeys(row.variant for row in self.grid.rows if row.masked)
        return next((name for name in working if self.unmasked is None or self._alike(name, self.unmasked)), None)

    @property
    def only(self) -> str | None:
        """The one variant that was trained, copies left out; None where there are more."""
        variants = list(dict.fromkeys(row.variant for row in self.grid.rows))
        return variants[0] if len(variants) == 1 else None

    @property
    def sides(self) -> list[str]:
        """The padding sides, in the order of the rows."""
        return list(dict.fromkeys(row.side for row in self.grid.rows))

    def axis_of(self, word: str) -> str | None:
        """The axis of the grid that has a word in its name or in a param it changes; else the only one; else None."""
        own = [axis for axis in self.report.axes if axis.name not in INNER_AXES]
        named = [axis.name for axis in own if any(word in name for name in (axis.name, *axis.changes))]
        return next(iter(named), own[0].name if len(own) == 1 else None)

    def knobs(self, levels: Levels) -> list[str]:
        """What sets these levels of the grid in params.yaml, key=value."""
        sets = {axis.name: axis.sets for axis in self.report.axes}
        return [
            f"{key}={written(value)}"
            for axis, name in levels.items()
            for key, value in sorted(sets[axis][name].items())
        ]

    def beside(self, row: Row, axis: str, label: str | None) -> Row | None:
        """The row of another label of one axis, alike in all others; None where there is none."""
        return None if label is None else self.grid.find({**row.levels, axis: label})

    def where(self, levels: dict[str, str | None]) -> list[Row]:
        """The rows with these levels; a level that is None counts for nothing."""
        wanted = {axis: label for axis, label in levels.items() if label is not None}
        return [row for row in self.grid.rows if wanted.items() <= row.levels.items()]

    @property
    def references(self) -> Levels:
        """The level of every axis of the grid that is usual; its first one where none is."""
        own = {axis: self.grid.axes[axis] for axis in self.grid.outer}
        known = {axis: [label for label in self.usual.get(axis, []) if label in labels] for axis, labels in own.items()}
        return {axis: next(iter(known[axis]), labels[0]) for axis, labels in own.items()}

    def _alike(self, one: str, two: str) -> bool:
        """Whether two variants differ in their mask alone, wherever both were trained under the same levels."""
        pairs = [(row, self.beside(row, VARIANT, two)) for row in self.where({VARIANT: one})]
        models = [(row.without_mask, other.without_mask) for row, other in pairs if other is not None]
        return bool(models) and all(model == other for model, other in models)


@dataclass(frozen=True)
class Sweeps:
    """The sweeps of one dataset that were run, in the order of SWEEPS, others behind them by name."""

    dataset: str
    run: list[Swept]

    @staticmethod
    def of(dataset: str, reports: list[SweepReport], params: Overrides | None = None) -> "Sweeps":
        """From the sweeps' reports, in any order, and the params of the main report where it was made."""
        rank = {name: place for place, name in enumerate(SWEEPS)}
        by_name = sorted(reports, key=lambda report: report.name)
        usual: dict[str, list[str]] = {}
        for settings in (params or {}, *(report.settings for report in by_name)):
            for key, value in dotted(settings):
                usual.setdefault(key, []).append(label(value))
        ordered = sorted(by_name, key=lambda report: rank.get(report.name, len(rank)))
        return Sweeps(dataset, [Swept(report, usual) for report in ordered])

    def get(self, name: str) -> Swept | None:
        """One sweep; None where it was not run."""
        return next((sweep for sweep in self.run if sweep.report.name == name), None)

    @property
    def missing(self) -> list[str]:
        """The known sweeps that were not run and can run on this dataset."""
        return [name for name in SWEEPS if self.get(name) is None and ONLY.get(name) in (None, self.dataset)]

    def command(self, name: str) -> str:
        """What runs a sweep on this dataset, or on the only one that it can run on, in Markdown."""
        return f"`make sweep NAME={name} DATASET={ONLY.get(name, self.dataset)}`"


def written(value: Any) -> str:
    """A value as an override of DVC takes it: [pre,post]."""
    return f"[{','.join(map(label, value))}]" if isinstance(value, list) else label(value)


def unmasked_variant(rows: list[Row]) -> str | None:
    """The variant that stands for no mask: `baseline`, or the first without one; None where all have one."""
    without = [row.variant for row in rows if row.unmasked]
    return BASELINE if BASELINE in without else next(iter(without), None)
