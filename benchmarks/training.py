"""Training against a plain Keras loop and PyTorch: run by `make bench`, written to RESULTS.md.

The unit is tokens of text that training reads in a second. A rate is that of the epochs, with their validation: what a
long training takes more than a short one in a process of its own, so that imports and the tracing of functions, which
all have, are in neither.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.knobs import changed_params
from benchmarks.processes import done, rival
from benchmarks.results import REPOSITORY, spread, versions, write_section
from stages.params import Params

REVIEWS = REPOSITORY.parent / "shared" / "data" / "polarity2.csv"
WIDTH = 400
SHORT, LONG = 1, 3
REPEATS = 3
SEEDS = 6
SIZES = {"units": 64, "embedding": 64}
BATCH = 64
GENERATED = {"texts": 2_000, "median_length": 190, "length_sigma": 0.65, "shortest": 10, "longest": 2_000}
"""Texts as long as reviews of films on a web site: half of them shorter than 190 tokens."""

Timed = Callable[[Path, int], float]
"""From the folder of data and the number of epochs to seconds of training."""


def main() -> None:
    """Measure everything in turn on both sets of texts, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--reviews", type=Path, default=REVIEWS, help="polarity2.csv; left out where it is missing")
    parser.add_argument("--torch", default=None, help="a Python with PyTorch; left out where there is none")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="RESULTS.md is written for the default alone")
    given = parser.parse_args()
    sections = []
    for name, knobs in _texts(given.reviews).items():
        with tempfile.TemporaryDirectory() as folder:
            sections.append(_section(name, _prepared(Path(folder), knobs), given.torch, given.repeats))
    text = PREFACE + "\n".join(sections) + f"\n{versions()}\n"
    print(text)
    if given.repeats == REPEATS:
        write_section("training", text)


def _texts(reviews: Path) -> dict[str, dict[str, Any]]:
    """Name -> what it changes in params.yaml."""
    found: dict[str, dict[str, Any]] = {"generated texts as long as reviews": {"dataset": "synthetic"}}
    if reviews.exists():
        found = {"polarity2": {"dataset": "polarity2", "file": reviews}, **found}
    else:
        print(f"polarity2 is left out: {reviews} is not there")
    return found


def params(knobs: dict[str, Any], seeds: int = 1, epochs: int = SHORT) -> Params:
    """The project's params with the sizes of this comparison."""
    return changed_params(
        {
            "dataset": knobs["dataset"],
            **{f"datasets.synthetic.{name}": value for name, value in GENERATED.items()},
            "pad.max_len": WIDTH,
            **{f"model.{name}": size for name, size in SIZES.items()},
            "train.seeds": seeds,
            "train.epochs": epochs,
            "train.batch_size": BATCH,
        }
    )


def _prepared(folder: Path, knobs: dict[str, Any]) -> Path:
    """The stages up to padding, and the same tokens as arrays for the rivals."""
    from stages.ingest import ingest
    from stages.pad import pad
    from stages.tokenize import tokenize
    from stages.tokens.padded import read_padded

    raw = folder / "raw"
    raw.mkdir()
    if "file" in knobs:
        (raw / knobs["file"].name).write_bytes(knobs["file"].read_bytes())
    chosen = params(knobs)
    ingest(chosen, raw=raw, corpus=folder / "corpus")
    tokenize(chosen, raw=raw, corpus=folder / "corpus", tokens=folder / "tokens")
    pad(chosen, side="post", tokens=folder / "tokens", padded=folder / "padded")
    profile = json.loads((folder / "padded" / "profile.json").read_text(encoding="utf-8"))
    for split in ("train", "validation"):
        texts = read_padded(folder / "padded" / f"{split}.parquet")
        np.savez(folder / split, tokens=texts.tokens[texts.tokens != 0], length=texts.length, label=texts.label)
    shared = {"max_len": WIDTH, "vocabulary": profile["vocabulary_size"], "batch_size": BATCH, **SIZES}
    shared |= {"learning_rate": chosen.train.learning_rate, "dataset": knobs["dataset"]}
    (folder / "knobs.json").write_text(json.dumps(shared), encoding="utf-8")
    return folder


def _section(name: str, folder: Path, torch: str | None, repeats: int) -> str:
    work: dict[str, tuple[int, Timed]] = {
        f"this pipeline, a cell of {SEEDS} seeds": (SEEDS, _stage(SEEDS)),
        "this pipeline, one seed alone": (1, _stage(1)),
        "Keras, padded to one width": (1, _rival("keras_padded")),
    }
    if torch:
        work |= {
            "PyTorch, packed": (1, _rival("torch_loop", "packed", "1", python=torch)),
            f"PyTorch, bucketed by hand, {SEEDS} seeds one after another": (
                SEEDS,
                _rival("torch_loop", "bucketed", str(SEEDS), python=torch),
            ),
        }
    profile = json.loads((folder / "padded" / "profile.json").read_text(encoding="utf-8"))["splits"]["train"]
    rates: dict[str, list[float]] = {who: [] for who in work}
    for repeat in range(repeats):
        for who, (seeds, timed) in work.items():
            seconds = timed(folder, LONG) - timed(folder, SHORT)
            rates[who].append(profile["tokens"] * seeds * (LONG - SHORT) / seconds)
            print(f"{name}, {repeat + 1}, {who}: {rates[who][-1]:,.0f} tokens a second", flush=True)
    return _table(name, profile, rates, _computed_share(folder))


def _stage(seeds: int) -> Timed:
    """The stage `train` with the pool of processes that it has."""

    def timed(folder: Path, epochs: int) -> float:
        command = [sys.executable, "-m", "benchmarks.training_stage", str(folder), str(epochs), str(seeds)]
        return float(done(command).said["seconds"])

    return timed


def _rival(name: str, *more: str, python: str = sys.executable) -> Timed:
    def timed(folder: Path, epochs: int) -> float:
        return float(rival(name, str(folder), str(epochs), *more, python=python).said["seconds"])

    return timed


def _computed_share(folder: Path) -> float:
    """The share of padding in what the stage computed."""
    cost = json.loads((folder / "models" / "seed=0" / "scores.json").read_text(encoding="utf-8"))["training"]
    return 1 - cost["text_tokens"] / cost["computed_tokens"]


def _table(name: str, profile: dict[str, Any], rates: dict[str, list[float]], computed: float) -> str:
    ours = median(next(iter(rates.values())))
    padding = f"{100 * profile['padding_share']:.0f} % padding where all are padded to that"
    lines = [
        f"**{name}**: {profile['texts']:,} training texts, cut at {WIDTH} tokens; {padding}, {100 * computed:.1f} % of "
        "what the pipeline computes.",
        "",
        "| who | tokens of text a second | the cell's rate : its rate |",
        "|---|---|---|",
        *(f"| {who} | {spread(found, 0)} | {ours / median(found):.2f} |" for who, found in rates.items()),
        "",
    ]
    return "\n".join(lines)


PREFACE = f"""\
Training a masked LSTM of {SIZES["units"]} units (embedding {SIZES["embedding"]}, batches of {BATCH}), validation after
every epoch included. *this pipeline*: the stage `train` as it ships, two processes of one thread. The others have every
core for one model. Times measured: {REPEATS}, in turn; each is what {LONG} epochs take more than {SHORT}. Medians, and
the smallest and the largest: a host that lends its cores to others changes a rate by half within minutes.
Repeat with `python -m benchmarks.training --torch PYTHON`, where PYTHON has PyTorch.

"""

if __name__ == "__main__":
    main()
