"""From the report.json of every experiment to the rows of its sweep: one for each combination, side and variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.estimate import Estimate
from stages.params.layers import NO_RECURRENCE
from stages.reporting.results import (
    ACCURACY_CHANGE,
    ALONE,
    DRIFT,
    FLIPS,
    CellFacts,
    Finding,
    Results,
)
from stages.stats.verdicts import Verdict
from stages.sweeps.spec import Outcome

Record = dict[str, Any]
Floats = NDArray[np.float64]
Levels = dict[str, str]

NOT_MEASURED = "not measured"

"""`recurrent` of an architecture that has no recurrent layer."""


OF_DRIFT = ("drift_ratio", "state_drift")

ROUNDING = 1e-12
"""A drift ratio up to this is rounding: the square of ten times float32's resolution (1.2e-7), which sums over rows of
another width leave in values near 1, beyond what counts as EXACT. In contrasts it stands for 0."""


@dataclass(frozen=True)
class Row:
    """One record of `rows`, asked for its figures seed by seed."""

    record: Record

    @property
    def levels(self) -> Levels:
        """Axis -> label, side and variant among them."""
        levels: Levels = self.record["levels"]
        return levels

    @property
    def architecture(self) -> Record:
        """What the variant is built as."""
        architecture: Record = self.record["architecture"]
        return architecture

    @property
    def side(self) -> str:
        """The padding side."""
        return self.levels["side"]

    @property
    def variant(self) -> str:
        """The id of the variant."""
        return self.levels["variant"]

    @property
    def masked(self) -> bool:
        """Whether a mask reaches the recurrent layer: not in the recipe whose second mask undoes the first."""
        return self.architecture["mask"] not in ("none", "embedding+masking")

    @property
    def recurrent(self) -> bool:
        """Whether there is a recurrent layer at all."""
        return bool(self.architecture.get("recurrent", "lstm") != NO_RECURRENCE)

    @property
    def copy(self) -> bool:
        """Whether every figure is that of the baseline, to the last bit."""
        return bool(self.record["same_as_baseline"])

    @property
    def learned(self) -> int:
        """How many seeds beat chance."""
        return sum(each["learned"] for each in self.record["seeds"])

    @property
    def n_seeds(self) -> int:
        """How many seeds were trained."""
        return len(self.record["seeds"])

    def verdict(self, estimand: str) -> Verdict | None:
        """Of drift_ratio, state_drift or flip_rate; None where there is none."""
        found = self.record.get(estimand)
        return Verdict(found["verdict"]) if found and found.get("verdict") else None

    def learned_at(self, seed: int) -> bool:
        """Whether this seed beat chance."""
        return any(each["learned"] for each in self.record["seeds"] if each["seed"] == seed)

    def by_seed(self, estimand: str, seeds: Sequence[int]) -> Floats:
        """A figure of every seed in the order of `seeds`, shape (seeds,); NaN where it has none.

        Drift and flips of a seed at chance are undefined; those of a row that is EXACT are 0.
        """
        found = {each["seed"]: each for each in self.record["seeds"]}
        return np.array([_value(found.get(seed), estimand) for seed in seeds], dtype=np.float64)


def sweep_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """The rows of a sweep, in the order of the outcomes and, within each, of its cells."""
    return [row for outcome in outcomes for row in outcome_rows(outcome)]


def outcome_rows(outcome: Outcome) -> list[Row]:
    """One row for each side and variant of one experiment."""
    results = Results(outcome.report)
    return [_row(results, cell, outcome.point.levels) for cell in results.cells]


def _row(results: Results, cell: CellFacts, levels: Levels) -> Row:
    padded = results.report["dataset"]["padded"][cell.side]
    train = padded["splits"]["train"]
    at, hidden = results.headline, [vector for vector in cell.vectors if vector.startswith("h_")]
    drift = _judged(results.finding(cell, DRIFT, at))
    flips = _judged(results.finding(cell, FLIPS, at))
    conditions = [ALONE, *results.conditions]
    changes = {name: results.finding(cell, ACCURACY_CHANGE, name) for name in conditions}
    return Row(
        {
            "levels": {**levels, "side": cell.side, "variant": cell.variant},
            "architecture": cell.record["architecture"],
            "max_len": padded["max_len"],
            "padding_share": train["padding_share"],
            "truncated_share": train["truncated_share"],
            "cut_share": train["cut_share"],
            "n_seeds": len(cell.seeds),
            "n_seeds_at_chance": cell.at_chance,
            "computed_tokens": cell.computed_tokens,
            "text_tokens": cell.text_tokens,
            "same_as_baseline": cell.same_as_baseline,
            "accuracy": {"estimate": cell.accuracy, "low": cell.accuracy_low, "high": cell.accuracy_high},
            "train_accuracy": _mean_score(cell, "train", results.level),
            "validation_accuracy": _mean_score(cell, "validation", results.level),
            "drift_ratio": drift,
            "state_drift": _judged(results.finding(cell, DRIFT, at, hidden[-1])) if hidden else None,
            "flip_rate": flips,
            "accuracy_change": {name: _judged(each) for name, each in changes.items() if each is not None},
            "seeds": [_seed(cell, index, at, drift, flips) for index in range(len(cell.seeds))],
        }
    )


def _seed(cell: CellFacts, index: int, condition: str, drift: Record, flips: Record) -> Record:
    """One seed; drift and flips None where it is at chance, 0 where the row is EXACT (below the tolerance)."""
    seed = cell.seeds[index]
    return {
        "seed": seed.seed,
        "learned": seed.learned,
        "majority": seed.majority,
        "accuracy": seed.accuracy,
        "train_accuracy": _score(cell, index, "train"),
        "validation_accuracy": _score(cell, index, "validation"),
        "drift_ratio": _of_seed(seed.drift.get(condition), drift, learned=seed.learned),
        "flip_rate": _of_seed(seed.flips.get(condition), flips, learned=seed.learned),
    }


def _of_seed(value: float | None, judged: Record, *, learned: bool) -> float | None:
    if not learned:
        return None
    return 0.0 if judged["verdict"] == Verdict.EXACT else value


def _judged(finding: Finding | None) -> Record:
    """Estimate, interval and verdict; a reason where it is undefined."""
    if finding is None:
        return {"estimate": None, "low": None, "high": None, "verdict": "UNDEFINED", "reason": NOT_MEASURED}
    record: Record = {"estimate": finding.estimate, "low": finding.low, "high": finding.high}
    record["verdict"] = str(finding.verdict)
    return record | ({"reason": finding.reason} if finding.reason else {})


def _score(cell: CellFacts, index: int, split: str) -> float | None:
    score: Record | None = cell.record["seeds"][index]["scores"].get(split)
    return None if score is None else float(score["accuracy"])


def _mean_score(cell: CellFacts, split: str, level: float) -> Record | None:
    scores = [_score(cell, index, split) for index in range(len(cell.seeds))]
    if any(score is None for score in scores):
        return None
    mean = Estimate.over_seeds(np.array(scores, dtype=np.float64), level, 0.0, 1.0)
    return None if mean is None else vars(mean)


def _value(seed: Record | None, estimand: str) -> float:
    value = None if seed is None else seed.get(estimand)
    if value is not None and estimand in OF_DRIFT and value <= ROUNDING:
        return 0.0
    return float("nan") if value is None else float(value)
