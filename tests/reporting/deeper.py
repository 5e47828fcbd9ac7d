"""The further keys of report.json, made by hand in the shape that `analyze` writes, on top of a report of old keys."""

import copy
import math
from typing import Any

from stages.reporting.claims.catalogue import claims
from stages.reporting.questions import questions
from stages.reporting.results import Results
from stages.stats.rounding import rounded

Record = dict[str, Any]

TRAINING_TEXTS = 60
MAX_LEN = 31
TEXT_STEPS = 13 * TRAINING_TEXTS
FLOPS_PER_STEP = 12_576


def deeper(report: Record, **changes: Any) -> Results:
    """A report with every further key; `changes` replace keys at the top, or of each cell where the top lacks them."""
    found = deepened(report)
    for key, value in changes.items():
        for target in [found] if key in found else found["cells"]:
            target[key] = copy.deepcopy(value)
    found = rounded(found)
    results = Results(found)
    return Results(found | {"claims": claims(results), "questions": questions(results)})


def deepened(content: Record) -> Record:
    """A copy of a report, or of the files of an analysis, with every further key."""
    found = copy.deepcopy(content)
    exact, undefined = (_cells_that_are(found, verdict) for verdict in ("EXACT", "UNDEFINED"))
    found["verdicts"] += [_elsewhere(each) for each in found["verdicts"] if each["condition"] == "as-trained"]
    for cell in found["cells"]:
        key = (cell["side"], cell["variant"])
        strength = 0.0 if key in exact else 1.0 if cell["side"] == "post" else 0.3
        _deepen_cell(cell, strength, defined=key not in undefined)
        found["verdicts"] += _verdicts(found, cell, strength, defined=key not in undefined)
        found["units"] += _units(cell) if strength else []
    found["similarity"] = [record for side in _sides(found) for record in _similarity(found, side)]
    found["cost"] = [record for cell in found["cells"] for record in _cost(cell)]
    found["law"] = _law()
    found["lengths"] = {"train": {"counts": [[4, 5], [7, 15], [11, 25], [20, 10], [48, 5]]}, "max_len": MAX_LEN}
    return found


def _cells_that_are(report: Record, verdict: str) -> set[tuple[str, str]]:
    """Side and variant of cells with such a drift."""
    return {
        (each["side"], each["variant"])
        for each in report["verdicts"]
        if (each["estimand"], each["verdict"]) == ("drift_ratio", verdict)
    }


def _units(cell: Record) -> list[Record]:
    return [
        {"side": cell["side"], "variant": cell["variant"], "seed": seed["seed"], "state": "h_lstm_1"}
        | {"pads": each["pads"], "effect": [0.3, None], "shift": [0.1, 0.0], "largest": [0.5, 0.0]}
        for seed in cell["seeds"]
        if seed["learned"] and not cell["same_as_baseline"]
        for each in cell["conditions"]
        if each["pads"]
    ]


def interval(estimate: float, half: float, seeds: int = 6) -> Record:
    """An interval of that half width; without bounds where there is one seed."""
    bounds = {"low": estimate - half, "high": estimate + half} if seeds > 1 else {"low": None, "high": None}
    return {"estimate": estimate} | bounds


def _elsewhere(record: Record) -> Record:
    return record | {"condition": "other-side", "pads": None}


def _sides(report: Record) -> list[str]:
    return list(dict.fromkeys(cell["side"] for cell in report["cells"]))


def _deepen_cell(cell: Record, strength: float, *, defined: bool) -> None:
    seeds = len(cell["seeds"])
    learned = sum(seed["learned"] for seed in cell["seeds"])
    trained = next(each for each in cell["conditions"] if each["condition"] == "as-trained")
    cell["conditions"].append(trained | {"condition": "other-side"})
    for seed in cell["seeds"]:
        for key in ("accuracy_by_condition", "drift_by_condition", "flips_by_condition"):
            seed[key]["other-side"] = seed[key]["as-trained"]
    cell["alone"] = {
        "accuracy": interval(0.86, 0.02, seeds) if learned else None,
        "accuracy_change": interval(-0.02 * strength, 0.01, seeds) if learned else None,
        "calibration_error": interval(0.03, 0.01, seeds) if learned else None,
    }
    for each in cell["conditions"]:
        each.update(_condition(cell, each["pads"] or 20, strength, learned if defined else 0, seeds))
    cell["probes"] = _probes(cell, strength, seeds) if learned else None
    moves = strength > 0
    cell["pad_step"] = {"moves": moves, "layer": "lstm_1", "seeds": _ends(cell) if moves else []}
    cell["forgetting"] = _forgetting(cell, seeds) if moves and learned else None
    compared = cell["variant"] != "baseline" and not cell["same_as_baseline"] and seeds > 1
    cell["training"] = _training(seeds) if compared else None


def _condition(cell: Record, pads: int, strength: float, learned: int, seeds: int) -> Record:
    if not learned:
        return {"accuracy": None, "accuracy_change": None, "nll_change": None, "brier_change": None, "states": None} | {
            "calibration_error": None, "mcnemar": {"significant": 0, "of": 0}, "distributions": None,
        }  # fmt: skip
    effect = strength * pads
    state = {
        "cosine": 1 - 0.01 * effect,
        "units_moved": interval(min(0.9, 0.05 * effect), 0.05, seeds),
        "units_different": min(1.0, 0.08 * effect),
        "all_units_equivalent": 0 if effect else learned,
        "of": learned,
        "joint_distance": 0.3 * effect,
        "jointly_equivalent": 0 if effect else learned,
        "dispersion_left": interval(1 - 0.005 * effect, 0.02, seeds),
        "participation_ratio": 3.4 - 0.02 * effect,
        "effective_rank": 7.1 - 0.03 * effect,
    }
    strata = [(4, 7, 10), (8, 11, 10), (12, 16, 10), (17, 31, 10)]
    return {
        "accuracy": interval(0.88 - 0.001 * effect, 0.02, seeds),
        "accuracy_change": interval(-0.001 * effect, 0.01, seeds),
        "gained": interval(0.002 * strength, 0.001, seeds),
        "lost": interval(0.012 * strength, 0.002, seeds),
        "nll_change": interval(0.004 * effect, 0.002, seeds),
        "brier_change": interval(0.002 * effect, 0.001, seeds),
        "calibration_error": interval(0.03 + 0.001 * effect, 0.01, seeds),
        "mcnemar": {"significant": min(learned, round(0.3 * effect)), "of": learned},
        "states": {vector: dict(state) for vector in cell["vectors"]},
        "distributions": {
            "w1": {"median": 0.01 * effect, "largest": 0.03 * effect},
            "ks": {"median": 0.02 * effect, "largest": 0.05 * effect},
            "strata": [
                {"from": low, "to": high, "texts": texts, "w1": 0.01 * effect, "ks": 0.02 * effect}
                | {"drift_ratio": 0.03 * effect * (5 - row)}
                for row, (low, high, texts) in enumerate(strata, start=1)
            ],
        },
    }


def _probes(cell: Record, strength: float, seeds: int) -> Record:
    conditions = {"pads-0": 0} | {each["condition"]: each["pads"] for each in cell["conditions"]}
    classes = len([pads for pads in conditions.values() if pads is not None])
    return {
        "texts": 40,
        "label": [
            {
                "condition": name,
                "pads": pads,
                "frozen": interval(0.88 - 0.002 * strength * (pads or 20), 0.02, seeds),
                "refitted": interval(0.885 - 0.0005 * strength * (pads or 20), 0.02, seeds),
            }
            for name, pads in conditions.items()
        ],
        "pad_count": {
            "classes": classes,
            "accuracy": interval(1 / classes + 0.6 * strength, 0.02, seeds),
            "chance": 1 / classes,
            "control": interval(1 / classes, 0.01, seeds),
            "information_bits": interval(2.0 * strength, 0.1, seeds),
            "entropy_bits": math.log2(classes),
        },
        "length_r2": interval(0.89, 0.02, seeds),
        "confounded": ["as-trained"],
    }


def _ends(cell: Record) -> list[Record]:
    return [
        {
            "seed": seed["seed"],
            "settled": 1.0 if seed["seed"] else 0.97,
            "fixed_points": [{"spectral_radius": 0.9 + 0.01 * seed["seed"], "starts": 1.0, "residual": 1e-13}],
        }
        for seed in cell["seeds"]
        if seed["learned"]
    ]


def _forgetting(cell: Record, seeds: int) -> Record:
    pads = [0, *(each["pads"] for each in cell["conditions"] if each["pads"])]
    rates = {"within": 0.09, "between": 0.06}
    fast = cell["side"] == "post"
    half = {kind: interval(math.log(2) / rate, 1.0, seeds) if fast else None for kind, rate in rates.items()}
    points = [
        {"pads": k} | {kind: interval(math.exp(-rate * k), 0.01 * bool(k), seeds) for kind, rate in rates.items()}
        for k in pads
    ]
    reason = None if fast else "pads come before the text, so nothing that was read is forgotten"
    return {
        "points": points,
        "half_life": half,
        "from_pads": {"within": 8 if fast else None, "between": 0 if fast else None},
        "converging": {"within": interval(0.95, 0.05, seeds), "between": interval(0.9, 0.05, seeds)},
        "reasons": {"within": reason, "between": reason},
    }


def _training(seeds: int) -> Record:
    better = {"estimate": 5 / 6, "low": 0.44, "high": 0.97}
    return {"difference": interval(0.11, 0.02), "sign_flip_p": 2 / 2**seeds, "better": better} | {
        "tost_p": 0.97, "detectable": 0.031, "n_seeds": seeds,
    }  # fmt: skip


def _verdicts(report: Record, cell: Record, strength: float, *, defined: bool) -> list[Record]:
    """Of every unit, of all units at once, and of serving otherwise than trained."""
    old = [
        each
        for each in report["verdicts"]
        if (each["side"], each["variant"], each["estimand"]) == (cell["side"], cell["variant"], "drift_ratio")
    ]
    found = []
    for record in old:
        for estimand, size in (("unit_shift", 0.9), ("joint_shift", 1.7)):
            found.append(record | _judged(size * strength, estimand, defined=defined))
    bare = {key: value for key, value in old[0].items() if key != "state"}
    for condition in ["pads-0", *(each["condition"] for each in cell["conditions"])]:
        if condition != "as-trained":
            pads = next((each["pads"] for each in cell["conditions"] if each["condition"] == condition), 0)
            change = _judged(-0.03 * strength, "accuracy_change", defined=defined)
            found.append(bare | {"condition": condition, "pads": pads} | change)
    return found


def _judged(value: float, estimand: str, *, defined: bool) -> Record:
    epsilon = {"unit_shift": 0.2, "joint_shift": 0.5, "accuracy_change": 0.01}[estimand]
    record: Record = {"estimand": estimand, "epsilon": epsilon, "reason": None}
    if not defined:
        none = {"estimate": None, "low": None, "high": None, "smallest_epsilon": None}
        return record | none | {"verdict": "UNDEFINED", "reason": "no seed learned"}
    if not value:
        return record | {"estimate": 0.0, "low": 0.0, "high": 0.0, "smallest_epsilon": 0.0, "verdict": "EXACT"}
    size = abs(value)
    verdict = "DIFFERENT" if size - 0.1 * size > epsilon else "INCONCLUSIVE"
    bounds = {"estimate": value, "low": value - 0.1 * size, "high": value + 0.1 * size}
    return record | bounds | {"smallest_epsilon": 1.1 * size, "verdict": verdict}


def _similarity(report: Record, side: str) -> list[Record]:
    variants = [cell["variant"] for cell in report["cells"] if cell["side"] == side]
    alike = {"cka": interval(0.61, 0.05), "procrustes": interval(0.72, 0.04)}
    record = {"side": side, "condition": "as-trained"} | alike
    pairs = [(one, two) for place, one in enumerate(variants) for two in variants[place + 1 :]]
    return [
        *(record | {"of": "variants", "one": one, "two": two} for one, two in pairs),
        *(record | {"of": "seeds", "one": variant, "two": variant} for variant in variants),
    ]


def _cost(cell: Record) -> list[Record]:
    fixed = TRAINING_TEXTS * MAX_LEN
    steps = {"fixed": fixed, "per_batch": 0.9 * fixed, "bucketed": TEXT_STEPS + 50, "packed": TEXT_STEPS}
    masks = cell["architecture"]["mask"] == "embedding"
    return [
        {
            "side": cell["side"],
            "variant": cell["variant"],
            "texts": TRAINING_TEXTS,
            "max_len": MAX_LEN,
            "flops_per_step": FLOPS_PER_STEP,
            "batching": batching,
            "steps": count,
            "text_steps": TEXT_STEPS,
            "wasted": 1 - TEXT_STEPS / count,
            "flops": FLOPS_PER_STEP * count,
            "usable": batching == "fixed" or (masks and batching in ("per_batch", "bucketed")),
        }
        for batching, count in steps.items()
    ]


def _law() -> Record:
    widths = [11, 16, 31, 48, 96]
    points = [
        {"max_len": width, "padding_share": max(0.0, 1 - 13 / width), "steps": TRAINING_TEXTS * width}
        for width in widths
    ]
    return {"points": points, "slope": float(TRAINING_TEXTS), "r_squared": 1.0, "texts": TRAINING_TEXTS}
