"""Stage `analyze`: states and scores become estimates, intervals and verdicts."""

import math
from pathlib import Path
from typing import Any

from stages.analysis.cells import Cell, SeedResult
from stages.analysis.facts import cell_facts, dataset_facts, history_rows
from stages.analysis.judging import verdicts
from stages.analysis.pairs import PairUnit, sums_of_seed
from stages.command import run
from stages.execution import local_executor, run_all
from stages.files import read_json, whole_folder, write_json
from stages.layout import cell_folder, condition_name, conditions, seed_folder
from stages.params import BASELINE, Params


def analyze(
    params: Params, *, corpus: Path, tokens: Path, padded: Path, models: Path, states: Path, analysis: Path
) -> None:
    """Compare every condition with the text alone and every variant with the baseline."""
    compared = {name: pads for name, pads in conditions(params.export.pads).items() if name != condition_name(0)}
    cells = _cells(params, tuple(compared), models, states)
    baselines = {cell.side: cell for cell in cells if cell.variant == BASELINE}
    facts = [cell_facts(cell, baselines.get(cell.side), compared, params.analyze.level) for cell in cells]
    history = [
        row for cell in cells for seed in cell.seeds for row in history_rows(models, cell.side, cell.variant, seed.seed)
    ]
    with whole_folder(analysis) as folder:
        write_json(folder / "dataset.json", _finite(dataset_facts(params, corpus, tokens, padded)))
        write_json(folder / "cells.json", _finite(facts))
        write_json(folder / "verdicts.json", _finite(verdicts(cells, compared, params.analyze)))
        write_json(folder / "history.json", _finite(history))


def _cells(params: Params, conditions: tuple[str, ...], models: Path, states: Path) -> list[Cell]:
    keys = [(side, variant) for side in params.pad.sides for variant in params.train.variants]
    units = [
        PairUnit(states, side, variant, seed, conditions)
        for side, variant in keys
        for seed in params.train.seed_numbers
    ]
    with local_executor(params.execution.workers, len(units)) as executor:
        sums = run_all(executor, sums_of_seed, units, label="analyze", steps=len(units), done=lambda: (0, ""))
    results: dict[tuple[str, str], list[SeedResult]] = {key: [] for key in keys}
    for unit, pairs in zip(units, sums, strict=True):
        folder = seed_folder(cell_folder(models, unit.side, unit.variant), unit.seed)
        scores = read_json(folder / "scores.json")
        results[unit.side, unit.variant].append(SeedResult(unit.seed, scores, pairs))
    return [Cell(side, variant, params.architecture(variant), results[side, variant]) for side, variant in keys]


def _finite(value: Any) -> Any:
    """The same value with None where a float is not finite: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    run(analyze)
