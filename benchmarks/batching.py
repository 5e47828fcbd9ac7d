"""Tokens of text that training reads in a second under each way of batching, as ratios: batching.md.

The sweep `batching` says whether accuracy differs and counts the tokens computed; a report holds no times, so they
stand here. An epoch, with its validation, is what a long training takes more than a short one of the same seed in a
process whose functions are traced already.
"""

import argparse
import tempfile
import time
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.prepared import changed_params, prepare
from benchmarks.table import REPOSITORY, markdown_head, versions
from stages.params.derived import architecture_of
from stages.params.schema import Params
from stages.runtime.files import read_json

RESULT = REPOSITORY / "benchmarks" / "batching.md"

SHORT, LONG = 1, 4
"""Epochs of the two trainings."""
REPEATS = 3
TEXTS = 4_000
MODES = {
    "fixed": {"trim": "never", "grouping": "shuffle"},
    "per batch": {"trim": "always", "grouping": "shuffle"},
    "bucketed": {"trim": "always", "grouping": "length"},
}
VARIANTS = ("baseline", "masked")
PREFACE = """\
# Batching: tokens of text a second

LSTM of 32 units, embedding 16, batches of 32 generated texts, rows as wide as the longest text; one thread. *fixed*:
every text padded to that width. *per batch*: random batches, each padded to its own longest text. *bucketed*: batches
of texts of like length, padded likewise. Medians of {repeats} measurements of each, in turn, in one process. Repeat
with `python -m benchmarks.batching`.

"""


def main() -> None:
    """Measure every mode in turn, print the table, and write it where it is of the full size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batching", description=__doc__)
    parser.add_argument("--texts", type=int, default=TEXTS, help="batching.md is written for the default alone")
    texts = parser.parse_args().texts
    with tempfile.TemporaryDirectory() as folder:
        rates, computed = measured(Path(folder), texts)
    table = PREFACE.format(repeats=REPEATS) + _table(rates, computed)
    print(table)
    if texts == TEXTS:
        RESULT.write_text(table, encoding="utf-8")


def measured(folder: Path, texts: int) -> tuple[dict[tuple[str, str], list[float]], dict[tuple[str, str], float]]:
    """By variant and mode: tokens of text a second of every measurement, and tokens computed for each of text."""
    prepare(_params(texts), folder, "post")
    padded = folder / "padded" / "post"
    cells = list(product(VARIANTS, MODES))
    rates: dict[tuple[str, str], list[float]] = {cell: [] for cell in cells}
    computed = {}
    for repeat in range(REPEATS + 1):
        for cell in cells:
            _seconds(folder, padded, cell, texts, SHORT)  # functions are traced
            short, _ = _seconds(folder, padded, cell, texts, SHORT)
            long, cost = _seconds(folder, padded, cell, texts, LONG)
            computed[cell] = cost["computed_tokens"] / cost["text_tokens"]
            if repeat:  # the first round warms caches
                rates[cell].append(cost["text_tokens"] * (LONG - SHORT) / LONG / (long - short))
    return rates, computed


def _params(texts: int, mode: str = "fixed", epochs: int = SHORT) -> Params:
    return changed_params(
        {
            "dataset": "synthetic",
            "datasets.synthetic.texts": texts,
            "pad.max_len": "longest",
            "train.epochs": epochs,
            **{f"train.{name}": value for name, value in MODES[mode].items()},
        }
    )


def _seconds(
    folder: Path, padded: Path, cell: tuple[str, str], texts: int, epochs: int
) -> tuple[float, dict[str, int]]:
    """Wall time of training one seed, and what it counted."""
    from stages.models.training import TrainingTask, train_seed

    variant, mode = cell
    params = _params(texts, mode, epochs)
    task = TrainingTask(padded, folder / "model", "post", architecture_of(params, variant), params.train, seed=0)
    start = time.perf_counter()
    train_seed(task)
    return time.perf_counter() - start, read_json(folder / "model" / "scores.json")["training"]


def _table(rates: dict[tuple[str, str], list[float]], computed: dict[tuple[str, str], float]) -> str:
    head = "variant", "batching", "tokens of text a second", "from … to", "ratio to fixed", "tokens computed for each"
    lines = [markdown_head(head)]
    for (variant, mode), found in rates.items():
        ratio = median(found) / median(rates[variant, "fixed"])
        lines.append(
            f"| `{variant}` | {mode} | {median(found):,.0f} | {min(found):,.0f} to {max(found):,.0f} | {ratio:.2f} | "
            f"{computed[variant, mode]:.2f} |"
        )
    return "\n".join(lines) + f"\n\n{versions()}\n"


if __name__ == "__main__":
    main()
