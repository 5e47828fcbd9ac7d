"""Hours of IMDB by cores, from the rates of `make check` on this machine: the tables of docs/big_data.md.

Before the download, its reviews are stood for by a law of lengths; their numbers are the published ones.
"""

from statistics import NormalDist
from typing import Any

import numpy as np

from benchmarks.growth import BIG_DATA
from benchmarks.prepared import changed_params
from benchmarks.table import markdown_head, replace, versions
from benchmarks.training import REVIEWS
from stages.forecast.cost import cost_of
from stages.forecast.machine import Machine, this_machine
from stages.forecast.texts import Texts
from stages.runtime.workers.pool import duration
from stages.texts.tokens.length_histogram import length_counts

REVIEWS_OF_SPLIT = 25_000
CORES = (2, 16, 64)
SETTINGS: dict[str, dict[str, Any]] = {
    "as params.yaml is": {},
    "`pad.max_len: 200`": {"pad.max_len": 200},
    "and `corpus.max_texts: 20000`": {"corpus.max_texts": 20_000},
    "and `train.seeds: 6`": {"train.seeds": 6},
    "and `train.epochs: 5`": {"train.epochs": 5},
}
"""Each with all above it."""


def reviews(most: int | str, validation: float) -> Texts:
    """Half of the reviews are for the test; of all, a share is for validation, taken from the others."""
    total = 2 * REVIEWS_OF_SPLIT if most == "all" else min(2 * REVIEWS_OF_SPLIT, int(most))
    held_out = {"validation": round(total * validation), "test": total // 2}
    deviations = np.array([NormalDist().inv_cdf((place + 0.5) / 5_000) for place in range(5_000)])
    lengths = np.clip(
        REVIEWS["median_length"] * np.exp(REVIEWS["length_sigma"] * deviations), REVIEWS["shortest"], REVIEWS["longest"]
    )
    counts = length_counts(np.rint(lengths).astype(np.int64))
    return Texts({"train": total - sum(held_out.values()), **held_out}, counts)


def table(machine: Machine) -> str:
    """A row for each setting: how long on so many cores, and what it needs."""
    lines = [markdown_head(("params.yaml", *(f"{cores} cores" for cores in CORES), "memory, GB", "disk, GB"))]
    changes: dict[str, Any] = {"dataset": "imdb"}
    for setting, changed in SETTINGS.items():
        changes |= changed
        params = changed_params(changes)
        texts = reviews(params.corpus.max_texts, params.corpus.validation)
        costs = [cost_of(params, texts, Machine(cores, machine.speed, 0, 0)) for cores in CORES]
        memory = " to ".join(f"{max(cost.memory.values()) / 1e9:.0f}" for cost in (costs[0], costs[-1]))
        took = (duration(sum(cost.seconds.values())) for cost in costs)
        lines.append(f"| {' | '.join((setting, *took, memory, f'{costs[0].disk / 1e9:.1f}'))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    here = this_machine(0, BIG_DATA.parent)
    replace(BIG_DATA, "imdb", f"{table(here)}\n\nA core of speed {here.speed:.2f} of the reference's; {versions()}")
