"""How long the audit of a small model takes, the import of Keras left out."""

import json
import sys
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.processes import module
from benchmarks.table import Row, spread

REPEATS = 3


def rows(*, tiny: bool) -> Iterator[Row]:
    """A bidirectional LSTM of 64 units behind 20,000 tokens, both sides, texts made from the signature."""
    runs = [module("audit") for _ in range(1 if tiny else REPEATS)]
    seconds = [float(run.said["audit"]) for run in runs]
    took = f"{spread(seconds)} s, {median(run.peak for run in runs):.0f} MiB"
    beyond = f"its import, {median(run.said['import'] for run in runs):.1f} s"
    yield Row("audit", "audit of a small model, beyond the import", beyond, took, "", median(seconds), "≤ 10", "s")


def main() -> None:
    """One audit; print the seconds of the import of Keras with its first operation, and of the audit."""
    start = time.perf_counter()
    import keras
    from keras import layers

    keras.ops.zeros(1)
    imported = time.perf_counter()
    from stages.padding_audit import audit

    keras.utils.set_random_seed(1)
    parts = [layers.Embedding(20_000, 64), layers.Bidirectional(layers.LSTM(64)), layers.Dense(2, activation="softmax")]
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *parts], name="reviews")
    found = audit(model)
    seconds = time.perf_counter() - imported
    if not found.leaks:
        sys.exit("the model has no mask, so it has to leak")
    print(json.dumps({"import": imported - start, "audit": seconds}))


if __name__ == "__main__":
    main()
