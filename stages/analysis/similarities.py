"""Are two models' representations of the same texts alike? Between variants of one seed, and between seeds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from stages.analysis.contract_memory import Similarity
from stages.analysis.estimate import Estimate
from stages.analysis.one_model import last_hidden
from stages.runtime.paths import AS_TRAINED, states_file, states_of
from stages.states.reader import aligned_batches, read_metadata
from stages.states.schema import HEAD, vector_columns
from stages.stats.intervals import Interval, MeanOverSeeds, mean_over_pairs_of_seeds, mean_over_seeds_and_texts
from stages.stats.moments import Moments
from stages.stats.similarity import Jackknifed, debiased_cka, jackknifed, procrustes
from stages.stats.text_groups import GROUPS, text_group

Floats = NDArray[np.float64]

MOST_SEEDS = 10
"""Seeds that are compared with each other: pairs grow with their square."""

WIDEST = 512
"""Values of a head up to which it is compared: products of all of them are decomposed for every group of texts."""

CONDITION = AS_TRAINED
"""Both models read the texts as they were trained to."""


@dataclass(frozen=True)
class SimilarityTask:
    """Two models to compare: variant and seed of each, on one side; picklable."""

    states: Path
    side: str
    one: tuple[str, int]
    two: tuple[str, int]


@dataclass(frozen=True)
class PairSimilarity:
    """How alike the states of two models are, with every group of texts left out in turn."""

    cka: Jackknifed
    procrustes: Jackknifed


def similarity_of(task: SimilarityTask) -> PairSimilarity:
    """Read both models' states, padded as trained, in one pass.

    Raises:
        UserError: a states file is missing or damaged, or the two hold other texts.
    """
    # As in `outcome_of_model`; and a sum must not depend on how many threads there are, which differs between machines.
    with threadpool_limits(1):
        return _similarity(task)


def _similarity(task: SimilarityTask) -> PairSimilarity:
    paths = [states_file(states_of(task.states, task.side, *model), CONDITION) for model in (task.one, task.two)]
    vector = read_vector(paths[0])
    moments: Moments | None = None
    for one, two in aligned_batches(paths, [vector]):
        x, y = one.vectors[vector], two.vectors[vector]
        if moments is None:
            moments = Moments.create(GROUPS, x[0], y[0])
        moments.add(x, y, text_group(one.text_id))
    assert moments is not None  # a file without texts is refused before
    return PairSimilarity(jackknifed(debiased_cka, moments), jackknifed(procrustes, moments))


def read_vector(path: Path) -> str:
    """The state to compare: what the classifier reads, or the last one where the model names none.

    Where that is wider than WIDEST it is the last hidden state.
    """
    widths = read_metadata(path).widths
    *states, last = vector_columns(widths)
    return last_hidden(states) if states and last == HEAD and widths[HEAD] > WIDEST else last


@dataclass(frozen=True)
class Comparison:
    """Which models are compared under which names."""

    side: str
    of: str
    """`variants` or `seeds`."""
    names: tuple[str, str]
    pairs: list[tuple[tuple[str, int], tuple[str, int]]]
    """Variant and seed of the two models of every pair."""


def comparisons(
    sides: tuple[str, ...], variants: tuple[str, ...], learned: dict[tuple[str, str], list[int]]
) -> list[Comparison]:
    """All comparisons of models that learned, whose seeds are given by side and variant.

    Between variants, models of the same seed, which started from equal weights; between seeds, all pairs of the first
    MOST_SEEDS.
    """
    wanted = []
    for side in sides:
        for one, two in combinations(variants, 2):
            seeds = [seed for seed in learned[side, one] if seed in learned[side, two]]
            wanted.append(Comparison(side, "variants", (one, two), [((one, seed), (two, seed)) for seed in seeds]))
        for variant in variants:
            pairs_of_seeds = combinations(learned[side, variant][:MOST_SEEDS], 2)
            pairs = [((variant, first), (variant, second)) for first, second in pairs_of_seeds]
            wanted.append(Comparison(side, "seeds", (variant, variant), pairs))
    return wanted


def similarity_facts(compared: Comparison, by_pair: list[PairSimilarity], level: float) -> Similarity:
    """The mean over pairs of models with its interval over seeds and texts; None without a pair that is defined."""
    mean = _mean_over_pairs if compared.of == "seeds" else mean_over_seeds_and_texts
    return Similarity(
        side=compared.side,
        of=compared.of,
        one=compared.names[0],
        two=compared.names[1],
        condition=CONDITION,
        pairs=len(by_pair),
        cka=Estimate.of(_interval([pair.cka for pair in by_pair], mean, level, -1.0, 1.0)),
        procrustes=Estimate.of(_interval([pair.procrustes for pair in by_pair], mean, level, 0.0, np.pi / 2)),
    )


def _interval(
    by_pair: list[Jackknifed],
    mean: Callable[[Floats, Floats], MeanOverSeeds],
    level: float,
    lowest: float,
    highest: float,
) -> Interval | None:
    values = np.array([pair.estimate for pair in by_pair])
    if not len(by_pair) or not np.isfinite(values).all() or min(len(pair.without_group) for pair in by_pair) < 2:
        return None
    without = np.stack([pair.without_group for pair in by_pair])
    if not np.isfinite(without).all():
        return None
    interval = mean(values, without).interval(level)
    return Interval(interval.estimate, max(lowest, interval.low), min(highest, interval.high))


def _mean_over_pairs(values: Floats, without_group: Floats) -> MeanOverSeeds:
    """Of the values of all pairs of seeds in the order of `combinations`: shapes (pairs,) and (pairs, groups)."""
    seeds = round((1 + math.sqrt(1 + 8 * len(values))) / 2)
    above = np.triu_indices(seeds, 1)
    table, tables = np.zeros((seeds, seeds)), np.zeros((seeds, seeds, without_group.shape[1]))
    table[above], tables[above] = values, without_group
    return mean_over_pairs_of_seeds(table, tables)
