"""Plain facts of the run, gathered from what the earlier stages wrote, in the form that the report reads."""

import csv
from pathlib import Path
from typing import Any

from stages.analysis.cells import Cell, SeedResult
from stages.files import read_json
from stages.layout import cell_folder, condition_name, seed_folder
from stages.params import SPLITS, Params

Record = dict[str, Any]


def dataset_facts(params: Params, corpus: Path, tokens: Path, padded: Path) -> Record:
    """What is known of the texts: how many, how long, how much of the padded input is padding."""
    profile = read_json(tokens / "profile.json")
    profile["splits"] = {name: _without(facts, "length_counts") for name, facts in profile["splits"].items()}
    truth = corpus / "truth.json"
    return {
        "name": params.dataset,
        "corpus": read_json(corpus / "summary.json"),
        "truth": read_json(truth) if truth.exists() else None,
        "tokens": profile,
        "padded": {side: read_json(padded / side / "profile.json") for side in params.pad.sides},
    }


def cell_facts(cell: Cell, baseline: Cell | None, conditions: dict[str, int | None], level: float) -> Record:
    """Everything that is known of one cell: its seeds, and its conditions over the seeds."""
    return {
        "side": cell.side,
        "variant": cell.variant,
        "architecture": cell.architecture.model_dump(),
        "vectors": cell.vectors,
        "same_as_baseline": baseline is not None and baseline is not cell and cell.same_results(baseline),
        "seeds": [_seed_facts(seed, conditions) for seed in cell.seeds],
        "computed_tokens": sum(seed.scores["training"]["computed_tokens"] for seed in cell.seeds),
        "text_tokens": sum(seed.scores["training"]["text_tokens"] for seed in cell.seeds),
        "conditions": [_condition_facts(cell, condition, pads, level) for condition, pads in conditions.items()],
    }


def history_rows(models: Path, side: str, variant: str, seed: int) -> list[Record]:
    """One row for every epoch of one seed: loss and accuracy on training and validation texts."""
    folder = seed_folder(cell_folder(models, side, variant), seed)
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        return [
            {"side": side, "variant": variant, "seed": seed, "epoch": int(row.pop("epoch")) + 1}
            | {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


def _seed_facts(seed: SeedResult, conditions: dict[str, int | None]) -> Record:
    alone = next(iter(seed.pairs.values())).predictions
    at = {condition_name(0): alone.correct_alone / alone.n_texts}
    at |= {name: pair.predictions.correct / pair.predictions.n_texts for name, pair in seed.pairs.items()}
    return {
        "seed": seed.seed,
        "learned": seed.learned,
        "majority": seed.majority,
        "accuracy": {"estimate": seed.accuracy.estimate, "low": seed.accuracy.low, "high": seed.accuracy.high},
        "scores": {name: seed.scores["splits"][name] for name in SPLITS},
        "epochs": seed.scores["training"]["epochs"],
        "accuracy_by_condition": at,
        "drift_by_condition": {
            name: {vector: sums.drift_ratio() for vector, sums in seed.pairs[name].shifts.items()}
            for name in conditions
        },
        "flips_by_condition": {name: seed.pairs[name].predictions.flip_rate() for name in conditions},
    }


def _condition_facts(cell: Cell, condition: str, pads: int | None, level: float) -> Record:
    flips = cell.flip_rate(condition, level)
    predictions = [seed.pairs[condition].predictions for seed in cell.learned]
    drifts = {vector: cell.drift(condition, vector) for vector in cell.vectors}
    return {
        "condition": condition,
        "pads": pads,
        "largest_change": cell.largest(condition),
        "drift_ratio": {
            vector: None if drift is None else vars(drift.interval(level)) for vector, drift in drifts.items()
        },
        "flip_rate": None if flips is None else vars(flips),
        "mean_probability_change": (
            sum(each.moved for each in predictions) / sum(each.n_texts for each in predictions) if predictions else None
        ),
    }


def _without(record: Record, key: str) -> Record:
    return {name: value for name, value in record.items() if name != key}
