"""What nobody ran here: IMDB, and ten million texts, worked out for machines of many cores.

The rates are those of `make check`, which were measured on the machine that its speeds are relative to; nothing is
measured anew, so that the tables of docs/big_data.md and docs/beyond-one-machine.md are the same wherever this runs.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.prepared import changed_params
from benchmarks.table import REPOSITORY, markdown_head, replace
from benchmarks.training import REVIEWS
from stages.forecast.cost import STAGE, TENSORFLOW, Cost, cost_of, makespan
from stages.forecast.machine import Machine
from stages.forecast.texts import Texts, texts_of
from stages.params.schema import Params
from stages.runtime.workers.pool import duration

DOCS = REPOSITORY / "docs"
HOUR = 3600

IMDB_REVIEWS = 50_000
"""Half of them are for the test."""
CORES = (2, 16, 64)
SETTINGS: dict[str, dict[str, Any]] = {
    "as params.yaml is": {},
    "`pad.max_len: 200`": {"pad.max_len": 200},
    "and `corpus.max_texts: 20000`": {"corpus.max_texts": 20_000},
    "and `train.seeds: 6`": {"train.seeds": 6},
    "and `train.epochs: 5`": {"train.epochs": 5},
}
"""Each with all above it."""

SIGMA = 0.6
MANY: dict[str, Any] = {
    "datasets.synthetic.texts": 10_000_000,
    "datasets.synthetic.median_length": round(20 / math.exp(SIGMA**2 / 2)),
    "datasets.synthetic.length_sigma": SIGMA,
    "datasets.synthetic.longest": 60,
    "pad.max_len": 60,
    "model.units": 256,
    "train.patience": 0,
}
"""Texts of 20 tokens on average."""
EXPORTED = (1_000, 2_500_000)
WORKERS = (1, 16, 128)
USD = 0.05
"""Of one core for one hour."""


def on(cores: int) -> Machine:
    """The machine of the rates, with so many cores."""
    return Machine(cores, 1.0, 0, 0)


def imdb() -> str:
    """How long IMDB takes with less and less of it, on so many cores, and what it needs."""
    lines = [markdown_head(("params.yaml", *(f"{cores} cores" for cores in CORES), "memory, GB", "disk, GB"))]
    changes = {"dataset": "synthetic", **{f"datasets.synthetic.{name}": value for name, value in REVIEWS.items()}}
    for setting, changed in SETTINGS.items():
        params = changed_params(changes := changes | changed)
        costs = [cost_of(params, _reviews(params), on(cores)) for cores in CORES]
        memory = " to ".join(f"{max(cost.memory.values()) / 1e9:.0f}" for cost in (costs[0], costs[-1]))
        took = (duration(sum(cost.seconds.values())) for cost in costs)
        lines.append(f"| {' | '.join((setting, *took, memory, f'{costs[0].disk / 1e9:.1f}'))} |")
    return "\n".join(lines)


def _reviews(params: Params) -> Texts:
    """Half of all are for the test, and a share of all for validation, taken from the others."""
    total = IMDB_REVIEWS if params.corpus.max_texts == "all" else min(IMDB_REVIEWS, params.corpus.max_texts)
    held_out = {"validation": round(total * params.corpus.validation), "test": total // 2}
    texts = texts_of(params, Path())
    assert texts is not None  # generated ones are known
    return Texts({"train": total - sum(held_out.values()), **held_out}, texts.lengths)


def hours() -> str:
    """From start to end for ten million texts, and what workers cost that are kept all the while."""
    head = ("workers", "variants", *(f"{each:,} exported: hours | USD" for each in EXPORTED))
    lines = [f"| {' | '.join(head)} |", "|---" * (2 + 2 * len(EXPORTED)) + "|"]
    for workers in WORKERS:
        costs = [_many(exported, workers) for exported in EXPORTED]
        for way, seconds in (("one after another", in_turn), ("side by side", side_by_side)):
            found = [seconds(cost, workers) / HOUR for cost in costs]
            columns = (digits(value) for each in found for value in (each, each * workers * USD))
            lines.append(f"| {workers} | {way} | {' | '.join(columns)} |")
    return "\n".join(lines)


def needs() -> str:
    """Core hours of every stage for ten million texts, how many tasks it has at a time, and what has to fit where."""
    costs = [_many(exported, 1) for exported in EXPORTED]
    head = ("stage", "tasks at a time", *(f"{each:,} exported, core hours" for each in EXPORTED), "a process, GB")
    lines = [markdown_head(head)]
    for stage, groups in costs[0].tasks.items():
        tasks = ", ".join(str(len(group)) for group in groups)
        found = [digits(sum(map(sum, cost.tasks[stage])) / HOUR) for cost in costs]
        memory = digits(max(cost.memory[stage] for cost in costs) / 1e9)
        lines.append(f"| {' | '.join((stage, tasks, *found, memory))} |")
    disk = (f"{digits(cost.disk / 1e12)} TB" for cost in costs)
    return "\n".join([*lines, f"| disk, DVC's cache included | | {' | '.join(disk)} | |"])


def _many(exported: int, workers: int) -> Cost:
    params = changed_params({"dataset": "synthetic", **MANY, "export.texts": exported})
    texts = texts_of(params, Path())
    assert texts is not None  # generated ones are known
    return cost_of(params, texts, on(workers))


def in_turn(cost: Cost, _: int) -> float:
    """Seconds with the variants of a stage one after another, as `dvc repro` runs them."""
    return sum(cost.seconds.values())


def side_by_side(cost: Cost, workers: int) -> float:
    """Seconds with the variants of a stage at once."""

    def together(groups: Iterable[list[float]]) -> float:
        return STAGE + TENSORFLOW + makespan([task for group in groups for task in group], workers)

    others = sum(seconds for stage, seconds in cost.seconds.items() if stage not in cost.tasks)
    return others + sum(together(groups) for groups in cost.tasks.values())


def digits(value: float) -> str:
    """Two significant digits, with thousands apart."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


if __name__ == "__main__":
    replace(DOCS / "big_data.md", "imdb", imdb())
    for name, table in {"hours": hours(), "needs": needs()}.items():
        replace(DOCS / "beyond-one-machine.md", name, table)
