"""What padding costs on this dataset, counted and not timed: facts for the report from the histogram of lengths."""

from pathlib import Path

import numpy as np

from stages.analysis.contract_texts import BatchingCost, Law, LawPoint, Lengths, TrainingLengths
from stages.params.derived import architecture_of, directions, may_trim
from stages.params.layers import NO_RECURRENCE, RECURRENT
from stages.params.model import Architecture
from stages.params.schema import Params
from stages.runtime.files import read_json
from stages.stats.padding_cost import Batching, flops_per_step, linear_law, padding_costs
from stages.texts.tokens.length_histogram import LengthCounts, longest, quantile

LAW_QUANTILES = (0.5, 0.75, 0.95, 1)
BEYOND = 2
"""The law is also shown for rows this many times as wide as the longest text."""


def length_facts(tokens: Path, padded: Path) -> Lengths:
    """The histogram of the training lengths, and the width of a row."""
    counts = _training_lengths(tokens)
    pairs = [(int(length), int(counts[length])) for length in np.flatnonzero(counts)]
    return Lengths(max_len=_max_len(padded), train=TrainingLengths(counts=pairs))


def batching_costs(params: Params, tokens: Path, padded: Path) -> list[BatchingCost]:
    """Steps and FLOPs of one epoch of training for each side, variant and way of batching.

    `usable` says whether the variant may be trained that way without a change of what it computes: a model whose state
    reads pads needs every text under the padding that it is studied with, and no LSTM of Keras reads packed rows.
    """
    counts = _training_lengths(tokens)
    costs = []
    for side in params.pad.sides:
        max_len = _max_len(padded / side)
        for variant in params.train.variants:
            architecture = architecture_of(params, variant)
            flops = step_flops(architecture)
            for batching, cost in padding_costs(counts, max_len, params.train.batch_size).items():
                trimmed = batching in (Batching.PER_BATCH, Batching.BUCKETED)
                costs.append(
                    BatchingCost(
                        side=side,
                        variant=variant,
                        batching=batching,
                        usable=batching is Batching.FIXED or (trimmed and may_trim(architecture)),
                        texts=int(counts.sum()),
                        max_len=max_len,
                        steps=cost.steps,
                        text_steps=cost.text_steps,
                        wasted=cost.wasted,
                        flops_per_step=flops,
                        flops=cost.steps * flops,
                    )
                )
    return costs


def step_flops(architecture: Architecture) -> int:
    """Of the recurrent layers; 0 where there are none."""
    if architecture.recurrent == NO_RECURRENCE:
        return 0
    cell = RECURRENT[architecture.recurrent]
    return flops_per_step(
        architecture.embedding,
        architecture.units,
        architecture.layers,
        directions=directions(architecture),
        merged=2 if architecture.bidirectional == "concat" else 1,
        products=cell.products,
        elementwise=cell.elementwise,
    )


def law_facts(params: Params, tokens: Path, padded: Path) -> Law:
    """The linear law: steps of an epoch against the width that every text is padded to, and what one column adds."""
    counts = _training_lengths(tokens)
    widths = {quantile(counts, share) for share in LAW_QUANTILES}
    widths |= {_max_len(padded / params.pad.sides[0]), BEYOND * longest(counts)}
    law = linear_law(counts, sorted(widths))
    return Law(
        points=[LawPoint(**vars(point)) for point in law.points],
        slope=law.slope,
        r_squared=law.r_squared,
        texts=int(counts.sum()),
    )


def _max_len(padded: Path) -> int:
    return int(read_json(padded / "profile.json")["max_len"])


def _training_lengths(tokens: Path) -> LengthCounts:
    return np.array(read_json(tokens / "profile.json")["splits"]["train"]["length_counts"], dtype=np.int64)
