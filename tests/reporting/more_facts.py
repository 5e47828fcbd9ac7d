"""What figures need of report.json beyond verdicts and seeds, made by hand: values near those of real runs."""

import copy
import math
from typing import Any

import numpy as np

Record = dict[str, Any]

LENGTHS = {4: 300, 6: 350, 8: 420, 10: 380, 12: 300, 15: 260, 20: 200, 26: 110, 31: 40, 38: 25, 48: 15}
MAX_LEN = 31
KEPT = sum(min(length, MAX_LEN) * count for length, count in LENGTHS.items())


def interval(estimate: float, half: float, *, seeds: int = 6) -> Record:
    """An interval of that half width, clipped at 0; without bounds where there is one seed."""
    if seeds < 2:
        return {"estimate": estimate, "low": None, "high": None}
    return {"estimate": estimate, "low": max(0.0, estimate - half), "high": estimate + half}


def with_more_facts(report: Record, *, classes: int = 2) -> Record:
    """A copy of a report with every further key of its cells, and those beside them."""
    found = copy.deepcopy(report)
    side_shift = {"pre": 0.3, "post": 1.0}
    pads = sorted({0, *(each["pads"] for each in found["verdicts"] if each["pads"] is not None)})
    for cell in found["cells"]:
        moves = cell["architecture"]["mask"] != "embedding"
        learned = sum(seed["learned"] for seed in cell["seeds"])
        strength = side_shift[cell["side"]] if moves else 0.0
        for seed in cell["seeds"]:
            seed["accuracy_by_condition"].setdefault("pads-0", seed["accuracy"]["estimate"])
            alone = seed["accuracy_by_condition"]["pads-0"]
            seed["accuracy_by_condition"]["other-side"] = alone - 0.12 * bool(strength) - 0.01 * strength
        cell["alone"], *cell["conditions"] = _conditions(cell, pads, strength, learned)
        cell["probes"] = _probes(pads, strength, learned) if learned else None
        cell["forgetting"] = _forgetting(pads, cell["side"], learned) if moves and learned else None
        cell["path"] = _path(cell["side"], classes) if moves and learned else None
        cell["calibration"] = _calibration(strength, classes) if learned else None
    found["lengths"] = {"train": {"counts": [list(pair) for pair in LENGTHS.items()]}, "max_len": MAX_LEN}
    found["cost"] = [record for cell in found["cells"] for record in _cost(cell)]
    return found


def with_layers(report: Record) -> Record:
    """A copy in which every model has two recurrent layers, the first of which drifts a third as far."""
    found = copy.deepcopy(report)
    for cell in found["cells"]:
        cell["vectors"] = ["h_lstm_1", "c_lstm_1", "h_lstm_2", "c_lstm_2", "head"]
        for condition in cell["conditions"]:
            drift = condition.get("drift_ratio") or {}
            head = drift.get("head")
            first = head and {key: value / 3 for key, value in head.items() if value is not None}
            condition["drift_ratio"] = dict.fromkeys(cell["vectors"], head) | {"h_lstm_1": first}
    return found


def _conditions(cell: Record, pads: list[int], strength: float, learned: int) -> list[Record]:
    """Of every condition, the text alone first."""
    old = {each["condition"]: each for each in cell["conditions"]}
    names: dict[str, int | None] = {f"pads-{k}": k for k in pads} | {"as-trained": None, "other-side": None}
    found = []
    for name, count in names.items():
        far = {"as-trained": 18, "other-side": 40}.get(name, count or 0)
        drift = strength * 0.03 * far**1.1
        fall = 0.002 * strength * far
        record = {
            "condition": name,
            "pads": count,
            "accuracy": interval(_mean_accuracy(cell, name), 0.02, seeds=learned) if learned else None,
            "calibration_error": interval(0.02 + fall, 0.01, seeds=learned) if learned else None,
            "drift_ratio": {
                vector: interval(drift, 0.4 * drift, seeds=learned) if learned else None for vector in cell["vectors"]
            },
        }
        found.append(record | old.get(name, {}) if name in old else record)
    return found


def _mean_accuracy(cell: Record, condition: str) -> float:
    return float(np.mean([seed["accuracy_by_condition"][condition] for seed in cell["seeds"] if seed["learned"]]))


def _probes(pads: list[int], strength: float, learned: int) -> Record:
    label = [
        {
            "condition": f"pads-{k}",
            "pads": k,
            "frozen": interval(0.88 - 0.0035 * strength * k, 0.02, seeds=learned),
            "refitted": interval(0.885 - 0.001 * strength * k, 0.015, seeds=learned),
        }
        for k in pads
    ]
    read = 0.124 if not strength else 0.55 + 0.35 * strength
    return {
        "texts": 1000,
        "label": label,
        "pad_count": {
            "classes": len(pads),
            "accuracy": interval(read, 0.02, seeds=learned),
            "chance": 1 / len(pads),
            "control": interval(1 / len(pads) + 0.004, 0.008, seeds=learned),
            "information_bits": interval(math.log2(len(pads)) * max(0.0, read - 0.15), 0.05, seeds=learned),
            "entropy_bits": math.log2(len(pads)),
        },
        "length_r2": interval(0.89, 0.01, seeds=learned),
    }


def _forgetting(pads: list[int], side: str, learned: int) -> Record:
    rates = {"within": 0.09, "between": 0.06} if side == "post" else {"within": 0.03, "between": 0.004}

    def at(kind: str, count: int) -> Record:
        value = 0.02 + 0.98 * math.exp(-rates[kind] * count)
        return {"estimate": value} | (
            {"low": value * 0.8, "high": value * 1.2} if learned > 1 and count else {"low": value, "high": value}
        )

    def half(kind: str) -> Record | None:
        pads_needed = math.log(2) / rates[kind]
        return interval(pads_needed, 0.2 * pads_needed, seeds=learned) if pads_needed < pads[-1] else None

    return {
        "points": [{"pads": k, "within": at("within", k), "between": at("between", k)} for k in pads],
        "half_life": {"within": half("within"), "between": half("between")},
        "from_pads": {"within": 0, "between": 4},
        "reasons": {"within": None, "between": None if side == "post" else "the distance stays above one half"},
    }


def _path(side: str, classes: int) -> Record:
    rng = np.random.default_rng(7)
    pads = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    texts = []
    for number in range(28):
        label = number % classes
        angle = 2 * math.pi * label / classes
        start = rng.normal(0, 0.7, 2) + 1.6 * np.array([math.cos(angle), math.sin(angle)])
        end = start + (0.3 * rng.normal(0, 1, 2) if side == "pre" else 0)
        if side == "post":
            end = np.array([2.4 + 0.1 * label, -1.5]) + rng.normal(0, 0.08, 2)
        shares = 1 - np.exp(-np.array(pads) / 7)
        bend = 0.5 * shares * (1 - shares)
        texts.append(
            {
                "label": label,
                "pads": pads,
                "x": [float(v) for v in start[0] + shares * (end[0] - start[0]) + bend],
                "y": [float(v) for v in start[1] + shares * (end[1] - start[1]) + bend],
            }
        )
    return {"seed": 0, "explained": [0.61, 0.17], "texts": texts}


def _calibration(strength: float, classes: int) -> Record:
    found = {}
    for name, too_sure in {"pads-0": 0.03, "pads-16": 0.05, "as-trained": 0.06, "other-side": 0.17}.items():
        shift = too_sure * (strength if name != "pads-0" else 1)
        confidences = np.linspace(1 / classes + 0.02, 0.995, 10)
        found[name] = [
            {
                "confidence": float(c),
                "accuracy": float(min(1.0, max(0.0, c - shift * c + 0.02 * math.sin(9 * c)))),
                "texts": 100,
            }
            for c in confidences
        ]
    return found


def _cost(cell: Record) -> list[Record]:
    texts = sum(LENGTHS.values())
    steps = {"fixed": texts * MAX_LEN, "per_batch": int(texts * MAX_LEN * 0.93)}
    steps |= {"bucketed": int(KEPT * 1.03), "packed": KEPT}
    masks = cell["architecture"]["mask"] == "embedding"
    return [
        {
            "side": cell["side"],
            "variant": cell["variant"],
            "texts": texts,
            "max_len": MAX_LEN,
            "batching": batching,
            "steps": count,
            "text_steps": KEPT,
            "wasted": 1 - KEPT / count,
            "flops_per_step": 12_000,
            "flops": 12_000 * count,
            "usable": batching == "fixed" or (masks and batching != "packed"),
        }
        for batching, count in steps.items()
    ]
