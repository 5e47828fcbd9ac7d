"""How long an audit takes and what it needs: run by `make bench`, see RESULTS.md."""

import argparse
import json
import sys
import time
from statistics import median

from benchmarks.processes import Done, done
from benchmarks.results import spread, versions, write_section

TEXTS = (250, 1_000)
"""Numbers of texts: memory should not grow with them."""
PADS = tuple(2**power for power in range(8))
REPEATS = 3
SMALL = "the model alone"


def main() -> None:
    """Measure each kind of audit in processes of its own, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="RESULTS.md is written for the default alone")
    parser.add_argument("--work", type=int, metavar="TEXTS", help="what a measured process does")
    given = parser.parse_args()
    if given.work is not None:
        work(given.work)
        return
    runs: dict[str, list[Done]] = {}
    for repeat in range(given.repeats):
        for texts in (0, *TEXTS):
            who = f"{texts:,} texts, {len(PADS)} numbers of pads" if texts else SMALL
            run = done([sys.executable, "-m", "benchmarks.audit", "--work", str(texts)])
            runs.setdefault(who, []).append(run)
            print(f"{repeat + 1}, {who}: {run.said}, {run.peak:.0f} MiB", flush=True)
    text = f"{PREFACE}\n{_table(runs)}\n{versions()}\n"
    print(text)
    if given.repeats == REPEATS:
        write_section("audit", text)


def work(texts: int) -> None:
    """One audit on both sides; print the seconds of the import of Keras with its first operation, and of the audit."""
    start = time.perf_counter()
    import keras
    import numpy as np
    from keras import layers

    keras.ops.zeros(1)
    imported = time.perf_counter()
    from stages.padding_audit import audit

    keras.utils.set_random_seed(1)
    parts = [layers.Embedding(20_000, 64), layers.Bidirectional(layers.LSTM(64)), layers.Dense(2, activation="softmax")]
    model = keras.Sequential([keras.Input((None,), dtype="int32"), *parts], name="reviews")
    random = np.random.default_rng(1)
    rows = [random.integers(1, 20_000, size).tolist() for size in random.integers(4, 49, texts)]
    found = audit(model, rows, pads=PADS) if texts else audit(model)
    seconds = time.perf_counter() - imported
    if not found.leaks:
        sys.exit("the model has no mask, so it has to leak")
    print(json.dumps({"import": imported - start, "audit": seconds}))


def _table(runs: dict[str, list[Done]]) -> str:
    lines = ["| | audit, s | import, s | CPU s | peak MiB |", "|---|---|---|---|---|"]
    for who, done_ in runs.items():
        audits, imports = ([run.said[what] for run in done_] for what in ("audit", "import"))
        cells = [who, spread(audits), f"{median(imports):.1f}", f"{median(run.cpu for run in done_):.1f}"]
        lines.append("| " + " | ".join([*cells, f"{median(run.peak for run in done_):.0f}"]) + " |")
    return "\n".join(lines) + "\n"


PREFACE = f"""\
A bidirectional LSTM of 64 units behind an embedding of 20,000 tokens, without a mask, on both sides. *{SMALL}*: texts
made from the signature and 1, 4 and 16 pads. The others: a user's texts of 4 to 48 tokens, from 1 to {PADS[-1]} pads,
predictions of every text included. The import of Keras is not in the time of the audit. Times
measured: {REPEATS}, in turn. Repeat with `python -m benchmarks.audit`.
"""

if __name__ == "__main__":
    main()
