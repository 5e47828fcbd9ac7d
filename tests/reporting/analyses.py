"""Small analyses made by hand: what the stage `analyze` would write for outcomes that a test wants."""

import json
from pathlib import Path
from typing import Any

from stages.params.derived import architecture_of, ignores_padding, seed_numbers
from stages.params.schema import Params

Record = dict[str, Any]

LEAK = {"verdict": "DIFFERENT", "estimate": 0.38461538, "low": 0.31, "high": 0.47}
SMALL = {"verdict": "EQUIVALENT", "estimate": 0.002, "low": 0.001, "high": 0.004}
UNCLEAR = {"verdict": "INCONCLUSIVE", "estimate": 0.012, "low": 0.003, "high": 0.04}
EXACT = {"verdict": "EXACT", "estimate": 0.0, "low": 0.0, "high": 0.0}
NOTHING = {"verdict": "UNDEFINED", "estimate": None, "low": None, "high": None, "reason": "no seed learned"}
FLIPS = {"verdict": "DIFFERENT", "estimate": 0.021, "low": 0.015, "high": 0.029}
NO_FLIPS = {"verdict": "EQUIVALENT", "estimate": 0.0, "low": 0.0, "high": 0.003}
BETTER = {"verdict": "DIFFERENT", "estimate": 0.11, "low": 0.09, "high": 0.13}
SAME_ACCURACY = {"verdict": "EQUIVALENT", "estimate": 0.001, "low": -0.004, "high": 0.006}
WORSE = {"verdict": "DIFFERENT", "estimate": -0.08, "low": -0.1, "high": -0.06}

VECTORS = ["h_lstm_1", "c_lstm_1", "head"]
BAG = {
    "accuracy": {"estimate": 0.8, "low": 0.652, "high": 0.895},
    "features": 700,
    "penalty": 3.0,
    "splits": {"test": {"texts": 40, "correct": 32, "majority": 21, "accuracy": 0.8, "nll": 0.45}},
    "tried": [],
}
"""What `bag_of_words` reached: 32 of 40 test texts."""
MAX_LEN = 31
TRAINING_TEXTS = 60


def conditions(params: Params) -> dict[str, int | None]:
    return {f"pads-{pads}": pads for pads in params.export.pads if pads} | {"as-trained": None}


def analysis(
    params: Params,
    *,
    drift: Record,
    flips: Record = FLIPS,
    gain: Record = BETTER,
    learned: bool = True,
    classes: int = 2,
    truth: bool = True,
    masked_drift: Record = EXACT,
) -> dict[str, Any]:
    """The content of the files, without what only `deeper.deepened` adds.

    Args:
        params: sides, variants, seeds and pads.
        drift: figures and verdict of the baseline's drift at every number of pads.
        flips: the same of its flips.
        gain: the accuracy of `masked` minus that of the baseline.
        learned: whether the baseline's seeds beat chance.
        classes: number of classes.
        truth: whether the dataset is synthetic.
        masked_drift: figures and verdict of the drift of `masked`.
    """
    drifts = {variant: masked_drift if variant == "masked" else drift for variant in params.train.variants}
    cells, verdicts, history = [], [], []
    for side in params.pad.sides:
        for variant in params.train.variants:
            mine = drifts[variant]
            knows = learned or variant == "masked"
            cells.append(_cell(params, side, variant, mine, learned=knows))
            verdicts += _verdicts(params, side, variant, mine, EXACT if mine is EXACT else flips)
            if "baseline" in params.train.variants and variant != "baseline":
                difference = gain if variant == "masked" else EXACT
                verdicts.append(_verdict(params, side, variant, "accuracy_difference", None, difference))
            history += [
                {"side": side, "variant": variant, "seed": seed, "epoch": epoch}
                | {"loss": 0.6 / epoch, "val_loss": 0.7 / epoch, "accuracy": 0.8123456, "val_accuracy": 0.79}
                for seed in seed_numbers(params.train)
                for epoch in (1, 2)
            ]
    dataset = _dataset(params, classes, truth)
    beside: Record = {"similarity": [], "cost": [], "law": None, "lengths": None, "units": [], "bag_of_words": BAG}
    return {"dataset": dataset, "cells": cells, "verdicts": verdicts, "history": history} | beside


def write(folder: Path, content: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in content.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def _verdicts(params: Params, side: str, variant: str, drift: Record, flips: Record) -> list[Record]:
    found = []
    for condition in conditions(params):
        found += [_verdict(params, side, variant, "drift_ratio", condition, drift, vector) for vector in VECTORS]
        found.append(_verdict(params, side, variant, "flip_rate", condition, flips))
    return found


def _verdict(
    params: Params,
    side: str,
    variant: str,
    estimand: str,
    condition: str | None,
    figures: Record,
    state: str | None = None,
) -> Record:
    epsilon = params.analyze.epsilon
    bounds = {
        "drift_ratio": epsilon.drift_ratio,
        "flip_rate": epsilon.flip_rate,
        "accuracy_difference": epsilon.accuracy,
    }
    record = {
        "question": "a question",
        "side": side,
        "variant": variant,
        "estimand": estimand,
        "condition": condition,
        "pads": conditions(params).get(condition or ""),
        "largest_change": 0.0 if figures is EXACT else 0.8291234,
        "smallest_epsilon": figures["high"],
        "n_texts": 40,
        "n_seeds": params.train.seeds,
        "level": params.analyze.level,
        "epsilon": bounds[estimand],
        "method": "by hand",
    }
    return record | ({"state": state} if state else {}) | figures


def _cell(params: Params, side: str, variant: str, drift: Record, *, learned: bool) -> Record:
    copy = variant == "double_mask" and "baseline" in params.train.variants
    trims = ignores_padding(architecture_of(params, variant))
    epochs = 2 * params.train.seeds
    text_tokens = 13 * TRAINING_TEXTS * epochs
    return {
        "side": side,
        "variant": variant,
        "architecture": architecture_of(params, variant).model_dump(),
        "vectors": VECTORS,
        "same_as_baseline": copy,
        "seeds": [_seed(params, seed, drift, learned=learned) for seed in seed_numbers(params.train)],
        "computed_tokens": text_tokens + 100 if trims else MAX_LEN * TRAINING_TEXTS * epochs,
        "text_tokens": text_tokens,
        "over_bag_of_words": {
            "estimate": 0.0923 if learned else -0.2877,
            "low": 0.081 if learned else -0.299,
            "high": 0.104 if learned else -0.276,
            "n_seeds": params.train.seeds,
            "n_seeds_better": params.train.seeds if learned else 0,
        },
        "conditions": [
            {"condition": name, "pads": pads, "largest_change": 0.5, "mean_probability_change": 0.01}
            for name, pads in conditions(params).items()
        ],
    }


def _seed(params: Params, seed: int, drift: Record, *, learned: bool) -> Record:
    accuracy = (0.88 if learned else 0.5) + 0.01234 * (seed % 3)
    value = None if drift["estimate"] is None else drift["estimate"] * (1 + 0.1 * seed)
    return {
        "seed": seed,
        "learned": learned,
        "majority": 0.505,
        "accuracy": {"estimate": accuracy, "low": accuracy - 0.03, "high": accuracy + 0.02},
        "scores": {"test": {"texts": 40, "accuracy": accuracy}},
        "epochs": 2,
        "accuracy_by_condition": dict.fromkeys(["pads-0", *conditions(params)], accuracy),
        "drift_by_condition": {name: dict.fromkeys(VECTORS, value) for name in conditions(params)},
        "flips_by_condition": dict.fromkeys(conditions(params), 0.0 if drift is EXACT else 0.02),
    }


def _dataset(params: Params, classes: int, truth: bool) -> Record:
    names = [f"class|{number}" for number in range(classes)]
    texts = {"train": TRAINING_TEXTS, "validation": 20, "test": 40}
    lengths = {"0": 4, "0.05": 4, "0.5": 11, "0.95": 28, "1": 48}
    padded = {"texts": 60, "padding_share": 0.5823655, "truncated_share": 0.05, "cut_share": 0.03}
    tokens = {"coverage": 0.99, "unknown_share": 0.01, "length_quantiles": lengths, "dropped_empty": 0}
    return {
        "name": params.dataset,
        "corpus": {
            "classes": names,
            "counts": {"read": 125, "empty": 2, "duplicates": 3, "kept": 120},
            "rules": ["No text stands in two splits."],
            "sha256": "ab" * 32,
            "splits": {
                split: {"texts": count, "classes": dict.fromkeys(names, count // classes)}
                for split, count in texts.items()
            },
        },
        "truth": {"texts": 120, "noisy_labels": 6, "best_accuracy": 0.95, "cue_position": "anywhere", "rule": "A rule."}
        if truth
        else None,
        "tokens": {"splits": {split: tokens | {"texts": count} for split, count in texts.items()}},
        "padded": {
            side: {"max_len": MAX_LEN, "splits": {split: padded | {"texts": n} for split, n in texts.items()}}
            for side in params.pad.sides
        },
    }
