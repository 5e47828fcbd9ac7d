"""Small outcomes made by hand: report.json of experiments with the figures that a test wants, and sweeps over them."""

import numpy as np

from stages.stats.intervals import mean_over_seeds
from stages.sweeps.spec import Outcome, Sweep

EXACT = "EXACT"
EPSILON = {"accuracy": 0.01, "drift_ratio": 0.01, "flip_rate": 0.005, "unit_shift": 0.2, "joint_shift": 0.5}


def cell(
    *,
    side="post",
    variant="baseline",
    accuracy=(0.80, 0.82, 0.84),
    drift=(1.0, 2.0, 4.0),
    state=None,
    flips=(0.02, 0.03, 0.04),
    learned=None,
    train=None,
    validation=None,
    mask=None,
    computed=3000,
    change=None,
    same=False,
    **architecture,
):
    """One cell: figures are one a seed; drift, state (of h, the drift where None) and flips may be EXACT."""
    seeds = range(len(accuracy))
    learned = [True] * len(accuracy) if learned is None else list(learned)
    mask = mask or ("embedding" if variant == "masked" else "none")
    recurrent = architecture.get("recurrent", "lstm") != "none"
    vectors = ["h_lstm_1", "head"] if recurrent else ["head"]
    by_vector = {"head": drift, "h_lstm_1": drift if state is None else state}
    conditions = ["pads-16", "as-trained", "other-side"]
    found = mean_over_seeds(np.array(accuracy)).interval(0.95) if len(accuracy) > 1 else None
    record = {
        "side": side,
        "variant": variant,
        "architecture": {"mask": mask, "head": "last", "recurrent": "lstm", "units": 32} | architecture,
        "vectors": vectors,
        "same_as_baseline": same,
        "computed_tokens": computed,
        "text_tokens": 1000,
        "padding_share_computed": 1 - 1000 / computed,
        "accuracy": {
            "mean": float(np.mean(accuracy)),
            "low": found.low if found else None,
            "high": found.high if found else None,
        },
        "conditions": [{"condition": name} for name in conditions],
        "seeds": [
            {
                "seed": seed,
                "learned": learned[seed],
                "majority": 0.5,
                "accuracy": {"estimate": accuracy[seed], "low": accuracy[seed] - 0.03, "high": accuracy[seed] + 0.03},
                "scores": {
                    "train": {"accuracy": (train or accuracy)[seed]},
                    "validation": {"accuracy": (validation or accuracy)[seed]},
                    "test": {"accuracy": accuracy[seed]},
                },
                "epochs": 2,
                "drift_by_condition": {
                    name: {vector: _value(by_vector[vector], seed) for vector in vectors} for name in conditions
                },
                "flips_by_condition": {name: _value(flips, seed) for name in conditions},
                "accuracy_by_condition": dict.fromkeys(["pads-0", *conditions], accuracy[seed]),
            }
            for seed in seeds
        ],
    }
    where = {"side": side, "variant": variant, "n_texts": 40}
    known = sum(learned)
    verdicts = [
        {**where, "estimand": "drift_ratio", "condition": name, "state": vector}
        | _verdict(by_vector[vector], learned, known, "drift_ratio")
        for name in conditions
        for vector in vectors
    ]
    verdicts += [
        {**where, "estimand": "flip_rate", "condition": name} | _verdict(flips, learned, known, "flip_rate")
        for name in conditions
    ]
    verdicts += [
        {**where, "estimand": "accuracy_change", "condition": name, "pads": None, "epsilon": 0.01} | figures
        for name, figures in (change or {}).items()
    ]
    return {"cell": record, "verdicts": [{"pads": _pads(each["condition"]), **each} for each in verdicts]}


def report(*cells, max_len=31, share=0.5, truncated=0.0, texts=60, level=0.95):
    """report.json of one experiment."""
    sides = {each["cell"]["side"] for each in cells}
    splits = {name: {"texts": count} for name, count in {"train": texts, "validation": 20, "test": 40}.items()}
    padded = {"padding_share": share, "truncated_share": truncated, "cut_share": truncated / 2}
    return {
        "cells": [each["cell"] for each in cells],
        "verdicts": [verdict for each in cells for verdict in each["verdicts"]],
        "dataset": {
            "name": "synthetic",
            "corpus": {"splits": splits},
            "padded": {side: {"max_len": max_len, "splits": {"train": padded}} for side in sorted(sides)},
        },
        "params": {"report": {"pads": 16}, "analyze": {"epsilon": EPSILON, "level": level}},
    }


def sweep(grid, *, read=("accuracy", "drift_ratio", "flip_rate"), figure=None, **more):
    """A sweep over this grid, written as in a sweep file."""
    base = {"name": "trial", "title": "A trial", "question": "What does it do?", "read": list(read)}
    return Sweep.model_validate(
        {**base, "grid": grid, "figure": figure or {"kind": "curves", "x": next(iter(grid))}, **more}
    )


def outcomes(found, make):
    """An outcome for each point of the sweep; `make` gets its levels and returns the report."""
    return [
        Outcome(point, make(**dict(zip(_names(found), point.levels.values(), strict=True))))
        for point in found.points("synthetic")
    ]


def _names(found):
    return [axis.rsplit(".", maxsplit=1)[-1].replace(" ", "_") for axis in found.axes]


def _value(values, seed):
    return 1e-9 if isinstance(values, str) else values[seed % len(values)]


def _pads(condition):
    return int(condition.removeprefix("pads-")) if condition.startswith("pads-") else None


def _verdict(values, learned, known, estimand):
    nothing = {"epsilon": EPSILON[estimand], "largest_change": 0.0}
    if isinstance(values, str):
        return nothing | {"estimate": 0.0, "low": 0.0, "high": 0.0, "verdict": "EXACT"}
    if known < 2:
        reason = "fewer than two seeds beat chance"
        return nothing | {"estimate": None, "low": None, "high": None, "verdict": "UNDEFINED", "reason": reason}
    kept = np.array([_value(values, seed) for seed, ok in enumerate(learned) if ok])
    middle = (
        float(np.exp(np.log(kept).mean())) if estimand == "drift_ratio" and (kept > 0).all() else float(kept.mean())
    )
    bounds = {"estimate": middle, "low": middle / 2, "high": middle * 2}
    return nothing | bounds | {"verdict": "DIFFERENT" if middle / 2 > EPSILON[estimand] else "INCONCLUSIVE"}
