"""Seconds, memory and disk of a run, by rates that were measured: a formula of a few terms, good to about a half.

A recurrent layer takes its steps one after another, and on small layers a step costs the same whatever it computes. So
the terms are numbers of models, of batches, of steps and of FLOPs. The rates are CPU seconds of one core on the machine
that benchmarks/RESULTS.md was measured on; `Machine.speed` scales them to another.
"""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.analysis.padding_costs import step_flops
from stages.forecast.machine import Machine
from stages.forecast.texts import Texts
from stages.params.derived import architecture_of, directions, trained_seeds, trained_sides, trims_batches
from stages.params.layers import NO_RECURRENCE, RECURRENT, WORKING_MASKS
from stages.params.model import Architecture
from stages.params.schema import Params
from stages.runtime.paths import conditions
from stages.stats.padding_cost import Batching, padding_costs
from stages.texts.tokens.length_histogram import clipped
from stages.texts.tokens.padding import row_width

FLOPS_A_SECOND = 45e9
STAGE = 1.2
"""Seconds of any stage: Python, imports, and DVC, which hashes what the stage reads and writes."""
FIRST_TENSORFLOW, TENSORFLOW = 4.0, 2.5
"""Seconds of the import, and of every stage's processes until all of the model's functions are traced."""
A_TEXT = 1 / 13_000
"""Seconds of a text in all stages before training: ingest, tokenize, bag_of_words and pad."""
TRAINED_MODEL, TRAINED_BATCH, TRAINED_STEP = 0.3, 1.0e-3, 25e-6
"""Seconds of a training, of one of its batches, and of a step of a batch, there and back, its FLOPs left out."""
OTHER_CELLS = 2.5
"""How much longer a step takes in training that is no LSTM's: by the gradient that TensorFlow derives."""
EPOCHS_TO_BEST, STOPPED = 50, 0.9
"""Where `train.patience` ends a training: after so many, and those that it waits; of fewer, so large a part is run."""
SCORED = 0.5
"""Of what a batch and a step take in training: forward alone, as validation does it after every epoch."""
READ_MODEL, READ_CALL, READ_STEP, READ_ROWS = 0.25, 1.3e-3, 20e-6, 16
"""Seconds of a model in `export`, of a batch under a condition, and of its steps; it holds texts of one length, and is
filled up to READ_ROWS of them."""
MASKED_TRAINED, MASKED_READ = 1.15, 2.5
"""How much longer a step takes under a mask: by our own gradient of an LSTM, and by Keras' loop, which selects."""
FOLLOWED, FOLLOWED_PADS, FOLLOWED_FLOPS_A_SECOND = 128, 1_000, 6e9
"""Texts that `export` reads twice more, to see what a pad does, and the pads that it follows where one does something.
"""
ANALYZED_MODEL, ANALYZED_PAIR = 0.8, 5e-10
"""Seconds of a model of 32 units in `analyze`; of a text, a condition and a pair of units."""
REPORT = 4.0

PROCESS_BYTES = 800e6
"""Of a process with TensorFlow and no data."""
KEPT_BYTES = 120
"""That training keeps of a unit and position of a batch for the way back."""
ANALYZED_BYTES = 400
"""That `analyze` keeps of a condition and pair of units."""
BAG_PROCESS_BYTES, BAG_BYTES = 200e6, 36
"""Of `bag_of_words` without texts, and that it keeps of a token."""
COMPRESSED = 0.85
TOKEN_BYTES = 12
"""On disk of a token of a text before training: the text itself, its tokens, and its rows of either side."""
COPIES = 2
"""In the workspace and in DVC's cache."""


@dataclass(frozen=True)
class Cost:
    """What a run needs.

    Attributes:
        width: positions of a row.
        models: by variant, how many are trained.
        seconds: by stage, on the machine asked about, where nothing is there yet.
        tasks: by stage that has workers, core seconds of its tasks where `Machine.speed` is 1, in the groups that DVC
            runs one after another.
        memory: by stage, bytes of its processes together.
        disk: bytes of what is written.
    """

    width: int
    models: dict[str, int]
    seconds: dict[str, float]
    tasks: dict[str, list[list[float]]]
    memory: dict[str, float]
    disk: float


def cost_of(params: Params, texts: Texts, machine: Machine) -> Cost:
    """Of a run that begins with nothing."""
    width = row_width(params.pad.max_len, texts.lengths)
    variants = {name: architecture_of(params, name) for name in params.train.variants}
    seeds = {name: len(trained_seeds(params, name)) for name in variants}
    models = {name: seeds[name] * len(trained_sides(params, name)) for name in variants}
    readings = {name: seeds[name] * len(params.pad.sides) for name in variants}
    states = sum(readings[name] * _states_bytes(each) for name, each in variants.items())
    states *= _exported(params, texts) * len(conditions(params.export.pads))
    weights = sum(models[name] * _weights_bytes(params, each, texts) for name, each in variants.items())
    disk = COPIES * (states + weights + texts.total * texts.tokens * TOKEN_BYTES)

    tasks = {
        "train": [[_training_seconds(params, each, texts, width)] * models[name] for name, each in variants.items()],
        "export": [
            [_reading_seconds(params, each, texts, width, side) for side in params.pad.sides] * seeds[name]
            for name, each in variants.items()
        ],
        "analyze": [
            [_analysis_seconds(params, each, texts) for name, each in variants.items() for _ in range(readings[name])]
        ],
    }

    def stages(groups: list[list[float]]) -> float:
        return sum(STAGE + (TENSORFLOW + makespan(each, machine.cores)) / machine.speed for each in groups)

    seconds = {
        "the stages before training": (3 + len(params.pad.sides)) * STAGE + texts.total * A_TEXT / machine.speed,
        **{stage: stages(groups) for stage, groups in tasks.items()},
        "report": STAGE + REPORT / machine.speed,
    }
    seconds["train"] += FIRST_TENSORFLOW / machine.speed
    memory = {
        stage: each * min(machine.cores, max(map(len, tasks[stage])))
        for stage, each in _process_bytes(params, variants, texts, width).items()
    }
    memory["bag_of_words"] = BAG_PROCESS_BYTES + BAG_BYTES * texts.total * texts.tokens
    return Cost(width, models, seconds, tasks, memory, disk)


def makespan(tasks: Iterable[float], workers: int) -> float:
    """How long workers take for tasks that each is given when it is free, the longest first."""
    free = [0.0] * workers
    for seconds in sorted(tasks, reverse=True):
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def _exported(params: Params, texts: Texts) -> int:
    test = texts.splits["test"]
    return test if params.export.texts == "all" else min(test, params.export.texts)


def _recurrences(architecture: Architecture) -> int:
    """Recurrent layers that take a step each, both directions counted."""
    return 0 if architecture.recurrent == NO_RECURRENCE else architecture.layers * directions(architecture)


def _flops(architecture: Architecture) -> int:
    convolution = 6 * architecture.embedding * architecture.units if architecture.head == "conv" else 0
    return step_flops(architecture) + convolution


def _training_seconds(params: Params, architecture: Architecture, texts: Texts, width: int) -> float:
    """Of one model."""
    train, positions = params.train, float(width)
    if trims_batches(train, architecture):
        batching = Batching.BUCKETED if train.grouping == "length" else Batching.PER_BATCH
        costs = padding_costs(texts.lengths, width, min(train.batch_size, texts.splits["train"]))
        positions = costs[batching].steps / int(texts.lengths.sum())
    masked = MASKED_TRAINED if architecture.mask in WORKING_MASKS else 1
    derived = 1 if (architecture.recurrent, architecture.start_state) == ("lstm", "zero") else OTHER_CELLS
    step = TRAINED_STEP * masked * derived * _recurrences(architecture)

    def read(split: str, flops: float, share: float) -> float:
        batches = math.ceil(texts.splits[split] / train.batch_size)
        computed = texts.splits[split] * positions * _flops(architecture) * flops / FLOPS_A_SECOND
        return share * batches * (TRAINED_BATCH + positions * step) + computed

    epochs = min(STOPPED * train.epochs, EPOCHS_TO_BEST + train.patience) if train.patience else train.epochs
    return TRAINED_MODEL + epochs * (read("train", 3, 1) + read("validation", 1, SCORED))


def _reading_seconds(params: Params, architecture: Architecture, texts: Texts, width: int, side: str) -> float:
    """Of one model in `export`, every text under every condition."""
    exported = _exported(params, texts)
    kept = clipped(texts.lengths, width)
    lengths = np.flatnonzero(kept)
    share = kept[lengths] / kept.sum()

    batches = np.maximum(1 - (1 - share) ** exported, exported * share / params.export.batch_size)
    rows = np.maximum(exported * share, READ_ROWS * batches)
    each = _steps_of_a_text(params, architecture, lengths, width, side)
    followed = 1 - (1 - share) ** min(FOLLOWED, exported)
    steps = batches @ each + 2 * followed @ lengths
    masked = MASKED_READ if architecture.mask in WORKING_MASKS else 1
    return float(
        READ_MODEL
        + batches.sum() * len(conditions(params.export.pads)) * READ_CALL
        + steps * READ_STEP * masked * _recurrences(architecture)
        + rows @ each * _flops(architecture) / FLOPS_A_SECOND
        + (0 if masked > 1 else FOLLOWED * FOLLOWED_PADS * _flops(architecture) / FOLLOWED_FLOPS_A_SECOND)
    )


def is_chain(architecture: Architecture) -> bool:
    """Whether `stages.states.pad_runs.PadRuns` reads the model, told without building it."""
    return (
        architecture.head == "last"
        and _recurrences(architecture) == architecture.layers
        and architecture.mask != "explicit"
        and not (architecture.layer_normalization or architecture.length_to_head)
        and (architecture.pad_row, architecture.start_state) == ("learned", "zero")
    )


def _steps_of_a_text(
    params: Params, architecture: Architecture, lengths: NDArray[np.int64], width: int, side: str
) -> NDArray[np.int64]:
    """For texts of each length, the steps of all conditions: see `stages.states.pad_runs` for those that are shared."""
    pads, room = params.export.pads, width - lengths
    if not is_chain(architecture):
        return len(pads) * lengths + sum(pads) + 2 * width
    if side == "post":
        return 2 * lengths + np.maximum(room, max(pads))
    readings = 1 if architecture.mask in WORKING_MASKS else len(pads) + 1
    return (readings + 1) * lengths + room


def _analysis_seconds(params: Params, architecture: Architecture, texts: Texts) -> float:
    """Of one model in `analyze`."""
    probes = ANALYZED_MODEL * architecture.units / 32 * params.analyze.probe_texts / 500
    values = _exported(params, texts) * len(conditions(params.export.pads)) * _state_width(architecture) ** 2
    return probes + values * ANALYZED_PAIR


def _state_width(architecture: Architecture) -> int:
    """Units of the widest state."""
    return architecture.units * (2 if architecture.bidirectional == "concat" else 1)


def _states_bytes(architecture: Architecture) -> float:
    """On disk, of one text under one condition: the states of all layers, and what the classifier reads."""
    cell = RECURRENT.get(architecture.recurrent)
    letters = 0 if cell is None else 2 if cell.layer == "LSTM" else 1
    values = (letters * _recurrences(architecture) + 1) * _state_width(architecture)
    return 4 * COMPRESSED * values


def _weights_bytes(params: Params, architecture: Architecture, texts: Texts) -> float:
    vocabulary = min(params.tokenize.vocabulary, texts.total * texts.tokens)
    return 4 * vocabulary * architecture.embedding + 2 * step_flops(architecture)


def _process_bytes(params: Params, variants: dict[str, Architecture], texts: Texts, width: int) -> dict[str, float]:
    """By stage, the memory of its largest process."""
    rows = 4 * width * (texts.splits["train"] + texts.splits["validation"])
    kept = KEPT_BYTES * params.train.batch_size * width
    read = 4 * params.export.batch_size * (width + max(params.export.pads))
    train, export, analyze = [0.0], [0.0], [0.0]
    for each in variants.values():
        weights = 4 * _weights_bytes(params, each, texts)  # Adam keeps two values of each, and there is its gradient
        train.append(rows + kept * each.units * max(1, _recurrences(each)) + weights)
        export.append(read * (each.units + each.embedding) + weights)
        analyze.append(ANALYZED_BYTES * len(conditions(params.export.pads)) * _state_width(each) ** 2)
    return {
        "train": PROCESS_BYTES + max(train),
        "export": PROCESS_BYTES + max(export),
        "analyze": PROCESS_BYTES / 3 + max(analyze),
    }
