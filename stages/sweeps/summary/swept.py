"""The sweeps of one dataset as typed values, read from reports/<dataset>/sweeps/*.json."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stages.params.schema import BASELINE
from stages.reporting.results import ACCURACY_CHANGE, DRIFT, FLIPS, Estimate, Record
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.rows import Row as SweptRow
from stages.sweeps.spec import label

ACCURACY = "accuracy"
TOKENS = "computed_tokens"

SIDE = "side"
VARIANT = "variant"
NO_MASK = "none"

SWEEPS = {
    "amount": "from which share of padding on an unmasked model stops learning",
    "architecture": "padding side, mask and architecture, beside a published table",
    "size": "units and layers",
    "length": "longer texts with the same share of padding, and where in them the cue stands",
    "downstream": "the layer behind the LSTM, with and without a mask",
    "truncation": "accuracy lost against compute saved by cutting long texts",
    "batching": "rows of one width, batches trimmed to their longest text, texts of like length together",
    "mismatch": "trained under one padding, served under another",
    "tuning": "how much of what a mask gains tuning gains without one",
    "cell": "LSTM, GRU and simple recurrent cells",
}
"""The sweeps that this summary knows how to read, each with what it varies."""


ONLY = {"length": "synthetic"}
"""The sweeps that change the grammar of generated texts, and so run on no others."""


@dataclass(frozen=True)
class Row(SweptRow):
    """One combination of levels of one sweep, side and variant among them, asked for what a summary quotes."""

    @property
    def without_mask(self) -> Record:
        """What the model is made of but for its mask."""
        return {key: value for key, value in self.architecture.items() if key != "mask"}

    @property
    def options(self) -> dict[str, str]:
        """Its levels on the axes that are neither side nor variant."""
        return {axis: label for axis, label in self.levels.items() if axis not in (SIDE, VARIANT)}

    @property
    def accuracy(self) -> Estimate | None:
        """Test accuracy, mean over seeds."""
        return Estimate.of(self.record[ACCURACY])

    @property
    def tokens(self) -> int:
        """Steps computed in training, over all seeds and epochs."""
        return int(self.record[TOKENS])

    @property
    def max_len(self) -> int:
        """Width of its rows."""
        return int(self.record["max_len"])

    def estimate(self, estimand: str) -> Estimate | None:
        """Its drift or flips; None where undefined."""
        return Estimate.of(self.record.get(estimand))

    @property
    def exact(self) -> bool:
        """Whether pads moved neither the state that the classifier reads nor any prediction."""
        return all(self.verdict(each) is Verdict.EXACT for each in (DRIFT, FLIPS))

    @property
    def name(self) -> str:
        """Its levels in one line, in Markdown: `0.95`, post, `masked`."""
        return ", ".join(label if axis == SIDE else f"`{label}`" for axis, label in self.levels.items())

    @property
    def served(self) -> tuple[str, Estimate] | None:
        """The condition that costs most accuracy when served under it, and the change; None where none is defined."""
        changes = self.record.get(ACCURACY_CHANGE) or {}
        found = [(name, value) for name, each in changes.items() if (value := Estimate.of(each)) is not None]
        return min(found, key=lambda pair: pair[1].estimate, default=None)


@dataclass(frozen=True)
class Effect:
    """What one level of an axis does against the reference, other levels held fixed or averaged over."""

    axis: str
    level: str
    reference: str
    within: dict[str, str]
    estimand: str
    ratio: bool
    """A ratio of level to reference, where 1 is no effect; otherwise a difference."""
    value: Estimate
    n_seeds: int | None

    @property
    def shown(self) -> bool:
        """Whether its interval holds no "no effect"."""
        nothing = 1.0 if self.ratio else 0.0
        if self.value.low is None or self.value.high is None:
            return False
        return self.value.low > nothing or self.value.high < nothing

    @property
    def contrast(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What is compared with what, and where."""
        return self.level, self.reference, tuple(sorted(self.within.items()))


@dataclass(frozen=True)
class Sweep:
    """One sweep's JSON.

    Attributes:
        record: the content of the file.
        usual: param and the values that the main report and other sweeps train with, the first of them preferred.
    """

    record: Record
    usual: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What `make sweep NAME=` calls it."""
        return str(self.record["name"])

    @property
    def axes(self) -> dict[str, list[str]]:
        """Axis and its labels, side and variant among them."""
        return {each["name"]: [str(label) for label in each["labels"]] for each in self.record["axes"]}

    @property
    def level(self) -> float:
        """Confidence level of the intervals."""
        return float(self.record["level"])

    @property
    def epsilon(self) -> dict[str, float]:
        """The largest differences that do not matter, by estimand."""
        bounds: dict[str, float] = self.record["epsilon"]
        return bounds

    @cached_property
    def rows(self) -> list[Row]:
        """Every combination of levels."""
        return [Row(each) for each in self.record["rows"]]

    @cached_property
    def effects(self) -> list[Effect]:
        """The effects that are defined."""
        return [found for each in self.record["effects"] if (found := _effect(each)) is not None]

    @cached_property
    def masks(self) -> dict[str, str]:
        """Variant and its mask."""
        return {row.variant: str(row.architecture["mask"]) for row in self.rows}

    @property
    def unmasked(self) -> str | None:
        """The variant that stands for no mask: `baseline`, or the first without one."""
        without = [name for name, mask in self.masks.items() if mask == NO_MASK]
        return BASELINE if BASELINE in without else next(iter(without), None)

    @property
    def masked(self) -> str | None:
        """The first variant with a mask that works and nothing else that sets it apart from the unmasked one."""
        working = list(dict.fromkeys(row.variant for row in self.rows if row.masked))
        return next((name for name in working if self.unmasked is None or self.alike(name, self.unmasked)), None)

    @property
    def only(self) -> str | None:
        """The one variant that was trained, copies left out; None where there are more."""
        originals = list(dict.fromkeys(row.variant for row in self.rows if not row.copy))
        return originals[0] if len(originals) == 1 else None

    @property
    def sides(self) -> list[str]:
        """The padding sides, in the order of the rows."""
        return list(dict.fromkeys(row.side for row in self.rows))

    def axis_of(self, word: str) -> str | None:
        """The axis of the grid that has a word in its name or in a param it changes; else the only one; else None."""
        own = [each for each in self.record["axes"] if each["name"] not in (SIDE, VARIANT)]
        named = [each["name"] for each in own if any(word in name for name in (each["name"], *each.get("changes", [])))]
        return next(iter(named), own[0]["name"] if len(own) == 1 else None)

    def alike(self, one: str, two: str) -> bool:
        """Whether two variants differ in their mask alone, wherever both were trained under the same levels."""
        pairs = [(row, other) for row in self.where(variant=one) if (other := self.beside(row, two)) is not None]
        return bool(pairs) and all(row.without_mask == other.without_mask for row, other in pairs)

    def beside(self, row: Row, variant: str) -> Row | None:
        """The row of another variant under the same levels."""
        return self.at({**row.levels, VARIANT: variant})

    def at(self, levels: dict[str, str]) -> Row | None:
        """The row with exactly these levels."""
        return next((row for row in self.rows if row.levels == levels), None)

    def where(self, **levels: str | None) -> list[Row]:
        """The rows with these levels; a level that is None counts for nothing."""
        wanted = {axis: label for axis, label in levels.items() if label is not None}
        return [row for row in self.rows if wanted.items() <= row.levels.items()]

    @property
    def references(self) -> dict[str, str]:
        """The level of every axis of the grid that is usual; its first one where none is."""
        own = {axis: labels for axis, labels in self.axes.items() if axis not in (SIDE, VARIANT)}
        known = {axis: [label for label in self.usual.get(axis, []) if label in labels] for axis, labels in own.items()}
        return {axis: next(iter(known[axis]), labels[0]) for axis, labels in own.items()}


@dataclass(frozen=True)
class Sweeps:
    """The sweeps of one dataset that were run, in the order of SWEEPS, others behind them by name."""

    dataset: str
    run: list[Sweep]

    @staticmethod
    def of(dataset: str, records: list[Record], params: Record | None = None) -> "Sweeps":
        """From the content of the sweeps' files, in any order, and the params of the main report where it was made."""
        rank = {name: place for place, name in enumerate(SWEEPS)}
        ordered = sorted(records, key=lambda each: str(each["name"]))
        usual = _usual([params or {}, *(each["settings"] for each in ordered)])
        found = [Sweep(each, usual) for each in ordered]
        return Sweeps(dataset, sorted(found, key=lambda each: rank.get(each.name, len(rank))))

    def get(self, name: str) -> Sweep | None:
        """One sweep; None where it was not run."""
        return next((each for each in self.run if each.name == name), None)

    @property
    def missing(self) -> list[str]:
        """The known sweeps that were not run and can run on this dataset."""
        return [name for name in SWEEPS if self.get(name) is None and ONLY.get(name) in (None, self.dataset)]

    def command(self, name: str) -> str:
        """What runs a sweep on this dataset, or on the only one that it can run on, in Markdown."""
        return f"`make sweep NAME={name} DATASET={ONLY.get(name, self.dataset)}`"


def _usual(settings: list[Record]) -> dict[str, list[str]]:
    """Dotted param and the labels of its values, in the order in which settings, nested or dotted, name them."""
    found: dict[str, list[str]] = {}
    for each in settings:
        for key, value in _dotted(each):
            found.setdefault(key, []).append(label(value))
    return found


def _dotted(settings: Record, above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _effect(record: dict[str, Any]) -> Effect | None:
    value = Estimate.of(record)
    if value is None:
        return None
    return Effect(
        axis=record["axis"],
        level=str(record["level"]),
        reference=str(record["reference"]),
        within={axis: str(label) for axis, label in record["within"].items()},
        estimand=record["estimand"],
        ratio=record["scale"] == "ratio",
        value=value,
        n_seeds=record.get("n_seeds"),
    )
