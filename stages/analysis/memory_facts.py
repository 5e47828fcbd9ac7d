"""What pads leave of the information in a state, for the report: probes, forgetting, the step of one pad."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from stages.analysis.cells import Cell
from stages.analysis.over_seeds import mean_record
from stages.analysis.readouts import Readout
from stages.params.schema import AnalyzeParams
from stages.runtime.paths import condition_name
from stages.stats.forgetting import KINDS, HalfLife, PairDistances

Record = dict[str, Any]

PADS_FIRST = "pads come before the text, so nothing that was read is forgotten"


def probe_facts(cell: Cell, level: float) -> Record | None:
    """Means over the seeds that learned; None where too few did."""
    found = [seed.model.readout for seed in cell.learned if seed.model.readout is not None]
    if not found or _too_few(cell):
        return None

    def mean(value: Callable[[Readout], float], lowest: float = -np.inf, highest: float = np.inf) -> Record | None:
        return mean_record(np.array([value(each) for each in found]), level, lowest, highest)

    return {
        "texts": found[0].texts,
        "label": [
            {
                "condition": condition_name(pads),
                "pads": pads,
                "frozen": mean_record(np.array([each.frozen[pads] for each in found]), level, 0, 1),
                "refitted": mean_record(np.array([each.label.accuracy[pads] for each in found]), level, 0, 1),
            }
            for pads in found[0].frozen
        ],
        "label_reason": found[0].label.reason,
        "pad_count": {
            "classes": found[0].pad_count.classes,
            "accuracy": mean(lambda each: each.pad_count.accuracy, 0, 1),
            "chance": found[0].pad_count.chance,
            "control": mean(lambda each: each.pad_count.control, 0, 1),
            "information_bits": mean(lambda each: each.pad_count.information),
            "entropy_bits": found[0].pad_count.entropy,
            "reason": found[0].pad_count.reason,
        },
        "length_r2": mean(lambda each: each.length.r2, highest=1),
        "confounded": found[0].confounded,
    }


def forgetting_facts(cell: Cell, params: AnalyzeParams) -> Record | None:
    """Distances between texts by pads, and half-lives, as means over the seeds that learned.

    None where too few learned, or where pads do not move the state, so that there is nothing to forget.
    """
    found = [seed.model.distances for seed in cell.learned if seed.model.distances is not None]
    if not found or _too_few(cell) or not cell.moves(params.exact_tolerance):
        return None
    level = params.level
    half_lives = {kind: [each.half_life(kind) for each in found] for kind in KINDS}
    if cell.side == "pre":
        half_lives = {
            kind: [replace(life, pads=None, reason=PADS_FIRST) for life in half_lives[kind]] for kind in KINDS
        }
    reasons = {kind: _reason(lives) for kind, lives in half_lives.items()}
    start = {"estimate": 1.0, "low": 1.0, "high": 1.0}
    return {
        "points": [{"pads": 0, "within": start, "between": start}]
        + [
            {"pads": pads, **{kind: _distance(found, kind, index, level) for kind in KINDS}}
            for index, pads in enumerate(found[0].pads)
        ],
        "half_life": {
            kind: _geometric([life.pads or np.nan for life in lives], level) for kind, lives in half_lives.items()
        },
        "from_pads": {
            kind: None if reasons[kind] else max(life.start for life in lives if life.start is not None)
            for kind, lives in half_lives.items()
        },
        "half_lives": {
            kind: sorted(life.pads for life in lives if life.pads is not None) for kind, lives in half_lives.items()
        },
        "converging": {
            kind: mean_record(np.array([life.share for life in lives], dtype=np.float64), level, 0, 1)
            for kind, lives in half_lives.items()
        },
        "reasons": reasons,
    }


def _reason(lives: list[HalfLife]) -> str | None:
    """Why there is no half-life over the seeds; None where every seed has one."""
    found = Counter(life.reason for life in lives if life.reason)
    if len(lives) in found.values():
        return next(iter(found))
    return "; ".join(f"{reason} in {seeds} of {len(lives)} seeds" for reason, seeds in found.most_common()) or None


def pad_step_facts(cell: Cell) -> Record | None:
    """What export found of the map that one pad applies, for every seed that learned."""
    found = [(seed.seed, seed.model.pad_step) for seed in cell.learned if seed.model.pad_step]
    if not found:
        return None
    return {
        "moves": any(step["moves"] for _, step in found),
        "layer": found[0][1]["layer"],
        "seeds": [
            {"seed": seed, "settled": step["settled"], "fixed_points": step["fixed_points"]} for seed, step in found
        ],
    }


def path_facts(cell: Cell, tolerance: float) -> Record | None:
    """Where pads lead the states of some texts, in the first model that learned and moves; None where none does."""
    for seed in cell.learned:
        path = seed.model.readout.path if seed.model.readout else None
        if path is not None and any(outcome.largest > tolerance for outcome in seed.conditions.values()):
            texts = zip(path.labels, path.path.x.tolist(), path.path.y.tolist(), strict=True)
            return {
                "seed": seed.seed,
                "explained": list(path.path.explained),
                "texts": [{"label": label, "pads": list(path.path.pads), "x": x, "y": y} for label, x, y in texts],
            }
    return None


def _too_few(cell: Cell) -> bool:
    return len(cell.learned) < min(2, len(cell.seeds))


def _distance(found: list[PairDistances], kind: Any, index: int, level: float) -> Record | None:
    return _geometric([float(each.ratio(kind)[index]) for each in found], level)


def _geometric(values: list[float], level: float) -> Record | None:
    """The geometric mean over seeds with its t interval on the logarithm."""
    record = mean_record(np.log(np.array(values)), level)
    return record and {name: None if value is None else float(np.exp(value)) for name, value in record.items()}
