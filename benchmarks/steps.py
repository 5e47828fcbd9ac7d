"""What one step of a training batch takes: by rows and units, against its products alone, and with more threads."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np

from benchmarks.processes import in_turn, module
from benchmarks.table import Row, spread
from stages.runtime.workers.pool import usable_cores

ROWS, UNITS, UNITS_OF_THREADS = (16, 32, 64, 256), (32, 64, 128), (32, 64, 128, 256, 512)
FEW, MANY = 20, 60
"""Steps of a batch: a step is what the longer one takes more."""
JUDGED = 64
REPEATS, REPEATS_OF_THREADS = 30, 3


def rows(*, tiny: bool) -> Iterator[Row]:
    """A row for each number of units; the ratio is that of batches of 64."""
    for units in UNITS[:1] if tiny else UNITS:
        said = module("steps", units, 3 if tiny else REPEATS).said
        ours, products = (", ".join(f"{batch}: {us[who]:.0f}" for batch, us in said.items()) for who in (0, 1))
        step, alone = said[str(JUDGED)]
        work = f"a training step of {units} units, masked, CPU µs by rows of a batch"
        yield Row("steps", work, "the products alone", ours, products, step / alone)


def thread_rows(*, tiny: bool) -> Iterator[Row]:
    """By units, how much sooner a step of one model ends that has all cores."""
    cores = usable_cores()
    for units in UNITS_OF_THREADS[:1] if tiny else UNITS_OF_THREADS:

        def with_threads(threads: int, units: int = units) -> Callable[[], float]:
            return lambda: float(module("steps", units, 3 if tiny else REPEATS, threads).said["wall"])

        all_cores, one = in_turn(with_threads(cores), with_threads(1), 1 if tiny else REPEATS_OF_THREADS)
        work = f"a training step of {units} units, {JUDGED} rows, masked: {cores} threads"
        ours, theirs = (f"{spread(who, 0)} µs" for who in (all_cores, one))
        yield Row("threads", work, "1 thread", ours, theirs, median(one) / median(all_cores))


def main(units: int, repeats: int, threads: int = 0) -> None:
    """Print the microseconds of a step, there and back: by number of rows its CPU time and that of its six products;
    with a number of threads, how long it takes."""
    from stages.models.tensorflow_setup import one_op_after_another

    if threads:
        wall = one_op_after_another(threads)(lambda: _step(JUDGED, units, repeats, time.perf_counter))()
        print(json.dumps({"wall": 1e6 * wall}))
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        products = {batch: _products(batch, units, repeats) for batch in ROWS}
    trained = one_op_after_another()(lambda: {batch: _step(batch, units, repeats) for batch in ROWS})()
    print(json.dumps({batch: (1e6 * trained[batch], 1e6 * products[batch]) for batch in ROWS}))


def _step(batch: int, units: int, repeats: int, clock: Callable[[], float] = time.process_time) -> float:
    """Of the trainer of the stage `train`, embedding as wide as the units."""
    from benchmarks.prepared import changed_params
    from stages.models.training import _trainer
    from stages.params.derived import architecture_of

    params = changed_params({"model.units": units, "model.embedding": units})
    trainer = _trainer(architecture_of(params, "masked"), 1_000, 2, MANY, params.train.learning_rate)
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (batch, 1)).astype(np.float32)

    def took(width: int) -> float:
        tokens = rng.integers(1, 1_000, (batch, width), dtype=np.int32)
        return _shortest(lambda: trainer.train([(tokens, labels)]), repeats, clock)

    took(FEW)
    return (took(MANY) - took(FEW)) / (MANY - FEW)


def _products(batch: int, units: int, repeats: int) -> float:
    """Of the input and of the state with their weights, and on the way back with both gradients of each."""
    rng = np.random.default_rng(0)
    state, weights, gates = (
        rng.normal(size=shape).astype(np.float32) for shape in ((batch, units), (units, 4 * units), (batch, 4 * units))
    )

    def work() -> None:
        for _ in range(100):
            for _ in ("input", "state"):
                state @ weights, gates @ weights.T, state.T @ gates

    return _shortest(work, repeats) / 100


def _shortest(work: Callable[[], Any], repeats: int, clock: Callable[[], float] = time.process_time) -> float:
    def seconds() -> float:
        start = clock()
        work()
        return clock() - start

    return min(seconds() for _ in range(repeats))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
