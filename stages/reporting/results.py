"""report.json as typed values: what sentences, tables and figures ask for."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stages.params.layers import HEADS, RECURRENT
from stages.params.schema import BASELINE
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.states.schema import HEAD
from stages.stats.verdicts import Verdict

Record = dict[str, Any]

DRIFT = "drift_ratio"
FLIPS = "flip_rate"
ACCURACY = "accuracy_difference"
ACCURACY_CHANGE = "accuracy_change"
UNIT_SHIFT = "unit_shift"
JOINT_SHIFT = "joint_shift"
OF_A_STATE = (DRIFT, UNIT_SHIFT, JOINT_SHIFT)
"""The estimands that have a verdict for every state."""

ALONE = condition_name(0)


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval over seeds; the bounds are None where it has none."""

    estimate: float
    low: float | None
    high: float | None

    @staticmethod
    def of(record: Record | None) -> "Estimate | None":
        """From {"estimate", "low", "high"}; None where the figure is undefined."""
        if record is None or record.get("estimate") is None:
            return None
        return Estimate(record["estimate"], record.get("low"), record.get("high"))


@dataclass(frozen=True)
class Finding:
    """One verdict with the figures behind it; what is None does not apply or is undefined."""

    side: str
    variant: str
    estimand: str
    verdict: Verdict
    epsilon: float
    condition: str | None
    pads: int | None
    state: str | None
    estimate: float | None
    low: float | None
    high: float | None
    smallest_epsilon: float | None
    largest_change: float | None
    reason: str | None

    @staticmethod
    def of(record: Record) -> "Finding":
        """From a record of report.json's `verdicts`."""
        optional = (
            "condition", "pads", "state", "estimate", "low", "high", "smallest_epsilon", "largest_change", "reason",
        )  # fmt: skip
        return Finding(
            side=record["side"],
            variant=record["variant"],
            estimand=record["estimand"],
            verdict=Verdict(record["verdict"]),
            epsilon=record["epsilon"],
            **{name: record.get(name) for name in optional},
        )

    @property
    def harmless(self) -> bool:
        """Whether it is shown that the difference does not matter."""
        return self.verdict in (Verdict.EXACT, Verdict.EQUIVALENT)


@dataclass(frozen=True)
class SeedFacts:
    """One trained model: its test accuracy with the interval of its texts, and what every condition did to it."""

    seed: int
    learned: bool
    majority: float
    accuracy: float
    low: float
    high: float
    epochs: int
    drift: dict[str, float | None]
    """Of the state that the classifier reads, by condition; None where that state has no spread."""
    flips: dict[str, float]
    """By condition."""
    accuracy_at: dict[str, float]
    """Of the exported test texts, by condition, the text alone among them."""


@dataclass(frozen=True)
class CellFacts:
    """One padding side and variant."""

    side: str
    variant: str
    mask: str
    same_as_baseline: bool
    seeds: list[SeedFacts]
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    computed_tokens: int
    text_tokens: int
    padding_share: float
    vectors: list[str]
    conditions: list[Record]
    record: Record
    """The whole entry of report.json, for what only one table or sentence asks for."""

    def at(self, condition: str) -> Record:
        """What is known of one condition, or of the text alone; empty where it is not there."""
        if condition == ALONE:
            return self.record.get("alone") or {}
        return next((each for each in self.conditions if each["condition"] == condition), {})

    def state_at(self, condition: str, vector: str) -> Record:
        """What is known of one state under one condition; empty where it is not there."""
        states: dict[str, Record] = self.at(condition).get("states") or {}
        return states.get(vector) or {}

    @property
    def learned(self) -> list[SeedFacts]:
        """The seeds that beat chance."""
        return [seed for seed in self.seeds if seed.learned]

    @property
    def name(self) -> str:
        """Side and variant in one word, as the folders of data/ are named."""
        return f"{self.side}-{self.variant}"

    @property
    def title(self) -> str:
        """Variant and side, in Markdown."""
        return f"`{self.variant}` ({self.side})"

    @property
    def at_chance(self) -> int:
        """How many seeds are not better than naming the most frequent class."""
        return sum(not seed.learned for seed in self.seeds)

    @property
    def state(self) -> str:
        """The state that the report speaks of: what the classifier reads."""
        return HEAD if HEAD in self.vectors else self.vectors[-1]


@dataclass(frozen=True)
class Results:
    """A whole report."""

    report: Record
    """The content of report.json, its claims not needed."""

    @cached_property
    def cells(self) -> list[CellFacts]:
        """In the order of params.yaml."""
        return [_cell(record) for record in self.report["cells"]]

    @cached_property
    def findings(self) -> list[Finding]:
        """Every verdict."""
        return [Finding.of(record) for record in self.report["verdicts"]]

    @property
    def sides(self) -> list[str]:
        """The padding sides, in the order of params.yaml."""
        return list(dict.fromkeys(cell.side for cell in self.cells))

    @property
    def variants(self) -> list[str]:
        """The variants, in the order of params.yaml."""
        return list(dict.fromkeys(cell.variant for cell in self.cells))

    @property
    def pads(self) -> list[int]:
        """The numbers of extra pads, rising; without 0, with which all others are compared."""
        return sorted({each.pads for each in self.findings if each.pads})

    @property
    def conditions(self) -> list[str]:
        """Every condition that is compared with the text alone: extra pads rising, as trained, on the other side."""
        other = [OTHER_SIDE] * any(each.condition == OTHER_SIDE for each in self.findings)
        return [*(condition_name(pads) for pads in self.pads), AS_TRAINED, *other]

    @property
    def headline(self) -> str:
        """The condition of the first table: `report.pads` extra pads, or as trained where no pads were added."""
        wanted = condition_name(self.report["params"]["report"]["pads"])
        return wanted if wanted in self.conditions else AS_TRAINED

    @property
    def epsilon(self) -> dict[str, float]:
        """The largest differences that do not matter, by estimand."""
        bounds: dict[str, float] = self.report["params"]["analyze"]["epsilon"]
        return bounds

    @property
    def level(self) -> float:
        """Confidence level of the printed intervals."""
        return float(self.report["params"]["analyze"]["level"])

    def cell(self, side: str, variant: str) -> CellFacts | None:
        """One cell; None where it was not trained."""
        return next((cell for cell in self.cells if (cell.side, cell.variant) == (side, variant)), None)

    @property
    def network(self) -> str:
        """What the unmasked model is called: by its recurrent layer, or a network where it has none."""
        cell = next((each for each in self.cells if each.variant == BASELINE), self.cells[0])
        kind = RECURRENT.get(cell.record["architecture"]["recurrent"])
        return kind.layer if kind else "network"

    @property
    def a_network(self) -> str:
        """With its article: an LSTM, a GRU."""
        return f"{'an' if self.network == 'LSTM' else 'a'} {self.network}"

    def finding(
        self, cell: CellFacts, estimand: str, condition: str | None = None, state: str | None = None
    ) -> Finding | None:
        """One verdict; None where there is none.

        Args:
            cell: side and variant.
            estimand: one of the names above.
            condition: None for what is not about a condition.
            state: for estimands that have one; None stands for the state that the classifier reads.
        """
        wanted = (state or cell.state) if estimand in OF_A_STATE else None
        return self._by_key.get((cell.side, cell.variant, estimand, condition, wanted))

    def records(self, key: str) -> list[Record]:
        """A list of records at the top of report.json; empty where the analysis wrote none."""
        found: list[Record] = self.report.get(key) or []
        return found

    @cached_property
    def _by_key(self) -> dict[tuple[str | None, ...], Finding]:
        return {(each.side, each.variant, each.estimand, each.condition, each.state): each for each in self.findings}

    @cached_property
    def copies(self) -> list[str]:
        """The variants whose every figure on every side is the baseline's."""
        others = {cell.variant for cell in self.cells if not cell.same_as_baseline}
        return [variant for variant in self.variants if variant not in others]

    @property
    def originals(self) -> list[CellFacts]:
        """The cells of the variants that are no copies."""
        return [cell for cell in self.cells if cell.variant not in self.copies]

    def exact(self, cell: CellFacts) -> bool:
        """Whether no condition moved any state or prediction of the cell."""
        mine = [each for each in self.findings if (each.side, each.variant) == (cell.side, cell.variant)]
        return all(each.verdict is Verdict.EXACT for each in mine if each.estimand in (DRIFT, FLIPS))


def condition_text(condition: str) -> str:
    """A condition in words: the text alone, 16 extra pads, padding as in training, padding on the other side."""
    words = {ALONE: "the text alone", AS_TRAINED: "padding as in training", OTHER_SIDE: "padding on the other side"}
    if condition in words:
        return words[condition]
    pads = condition.removeprefix(ALONE[:-1])
    return f"{pads} extra pad{'' if pads == '1' else 's'}"


def head_text(head: str) -> str:
    """What stands between the recurrent layers and the classifier, in words."""
    return f"all steps through the head `{head}`" if HEADS[head].reads_steps else "the last state"


def _cell(record: Record) -> CellFacts:
    accuracy = record["accuracy"]
    state = HEAD if HEAD in record["vectors"] else record["vectors"][-1]
    return CellFacts(
        side=record["side"],
        variant=record["variant"],
        mask=record["architecture"]["mask"],
        same_as_baseline=record["same_as_baseline"],
        seeds=[_seed(seed, state) for seed in record["seeds"]],
        accuracy=accuracy["mean"],
        accuracy_low=accuracy["low"],
        accuracy_high=accuracy["high"],
        computed_tokens=record["computed_tokens"],
        text_tokens=record["text_tokens"],
        padding_share=record["padding_share_computed"],
        vectors=record["vectors"],
        conditions=record["conditions"],
        record=record,
    )


def _seed(record: Record, state: str) -> SeedFacts:
    return SeedFacts(
        seed=record["seed"],
        learned=record["learned"],
        majority=record["majority"],
        accuracy=record["accuracy"]["estimate"],
        low=record["accuracy"]["low"],
        high=record["accuracy"]["high"],
        epochs=record["epochs"],
        drift={condition: drift[state] for condition, drift in record["drift_by_condition"].items()},
        flips=record["flips_by_condition"],
        accuracy_at=record["accuracy_by_condition"],
    )
