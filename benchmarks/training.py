"""Training against a plain Keras loop and PyTorch: run by `make bench`, written to RESULTS.md.

The unit is tokens of text that training reads in a second. A rate is that of the epochs, with their validation: what a
long training takes more than a short one, each in a process of its own, so that imports and the tracing of functions,
which all have, are in neither. Both are done several times, everybody in turn, and there are two rates: that of the
shortest times, for what else a host does can only lengthen them, and that of the medians.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.knobs import changed_params
from benchmarks.processes import Done, done, rival
from benchmarks.results import REPOSITORY, versions, write_section
from stages.params.schema import Params

REVIEWS = REPOSITORY.parent / "shared" / "data" / "polarity2.csv"
WIDTH = 400
SHORT, LONG = 1, 3
REPEATS, REPEATS_OF_SLOW = 5, 2
SEEDS = 6
SIDE = "post"
SIZES = {"units": 64, "embedding": 64}
BATCH = 64
GENERATED = {"texts": 2_000, "median_length": 190, "length_sigma": 0.65, "shortest": 10, "longest": 2_000}
"""Texts as long as reviews of films on a web site: half of them shorter than 190 tokens."""

Timed = Callable[[Path, int], Done]
"""From the folder of data and the number of epochs to a process that says its seconds of training."""


@dataclass
class Contender:
    """Who trains, how, and what that took each time.

    Attributes:
        seeds: how many models a training makes.
        timed: one training.
        slow: whether it takes minutes and is done less often.
        long: trainings of LONG epochs, in the order they were done.
        short: the same of SHORT epochs.
    """

    name: str
    seeds: int
    timed: Timed
    slow: bool = False
    long: list[Done] = field(default_factory=list)
    short: list[Done] = field(default_factory=list)

    def measure(self, folder: Path) -> None:
        """Train once for long and once for short."""
        self.long.append(self.timed(folder, LONG))
        self.short.append(self.timed(folder, SHORT))

    def rate(self, tokens: int, of: Callable[[Sequence[float]], float]) -> float:
        """Tokens of text in a second, of an epoch of `tokens`; `of` makes one time of several."""
        long, short = (of([each.said["seconds"] for each in found]) for found in (self.long, self.short))
        return tokens * self.seeds * (LONG - SHORT) / (long - short)

    def cpu(self, tokens: int) -> float:
        """CPU seconds of a million tokens, from the shortest times."""
        seconds = min(each.cpu for each in self.long) - min(each.cpu for each in self.short)
        return seconds * 1e6 / (tokens * self.seeds * (LONG - SHORT))


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
            "pad.sides": [SIDE],
            "pad.max_len": WIDTH,
            **{f"model.{name}": size for name, size in SIZES.items()},
            "train.seeds": seeds,
            "train.epochs": epochs,
            "train.batch_size": BATCH,
            "train.grouping": "length",
        }
    )


def _prepared(folder: Path, knobs: dict[str, Any]) -> Path:
    """The stages up to padding, and the same tokens as arrays for the rivals."""
    from stages.ingest import ingest
    from stages.pad import pad
    from stages.texts.tokens.padded import read_padded
    from stages.tokenize import tokenize

    raw = folder / "raw"
    raw.mkdir()
    if "file" in knobs:
        (raw / knobs["file"].name).write_bytes(knobs["file"].read_bytes())
    chosen = params(knobs)
    ingest(chosen, raw=raw, corpus=folder / "corpus")
    tokenize(chosen, raw=raw, corpus=folder / "corpus", tokens=folder / "tokens")
    padded = folder / "padded" / SIDE
    pad(chosen, side=SIDE, tokens=folder / "tokens", padded=padded)
    profile = json.loads((padded / "profile.json").read_text(encoding="utf-8"))
    for split in ("train", "validation"):
        texts = read_padded(padded / f"{split}.parquet")
        np.savez(folder / split, tokens=texts.tokens[texts.tokens != 0], length=texts.length, label=texts.label)
    shared = {"max_len": WIDTH, "vocabulary": profile["vocabulary_size"], "batch_size": BATCH, **SIZES}
    shared |= {"learning_rate": chosen.train.learning_rate, "dataset": knobs["dataset"]}
    (folder / "knobs.json").write_text(json.dumps(shared), encoding="utf-8")
    return folder


def _section(name: str, folder: Path, torch: str | None, repeats: int) -> str:
    profile = json.loads((folder / "padded" / SIDE / "profile.json").read_text(encoding="utf-8"))["splits"]["train"]
    contenders = _contenders(torch)
    for repeat in range(repeats):
        for who in contenders:
            if repeat < REPEATS_OF_SLOW or not who.slow:
                who.measure(folder)
                last = (who.long[-1].said["seconds"], who.short[-1].said["seconds"])
                print(f"{name}, {repeat + 1}, {who.name}: {last[0]:.1f} s, {last[1]:.1f} s", flush=True)
    return _table(name, profile, contenders, _computed_share(folder))


def _contenders(torch: str | None) -> list[Contender]:
    """Everybody, this pipeline's cell first."""
    ours_and_keras = [
        Contender(f"this pipeline, a cell of {SEEDS} seeds", SEEDS, _stage(SEEDS)),
        Contender("this pipeline, one seed alone", 1, _stage(1)),
        Contender("Keras, padded to one width", 1, _rival("keras_padded")),
    ]
    if torch is None:
        return ours_and_keras
    bucketed = f"PyTorch, bucketed by hand, {SEEDS} seeds one after another"
    return [
        *ours_and_keras,
        Contender("PyTorch, packed", 1, _rival("torch_loop", "packed", "1", python=torch), slow=True),
        Contender(bucketed, SEEDS, _rival("torch_loop", "bucketed", str(SEEDS), python=torch)),
    ]


def _stage(seeds: int) -> Timed:
    """The stage `train` with the pool of processes that it has."""

    def timed(folder: Path, epochs: int) -> Done:
        command = [sys.executable, "-m", "benchmarks.training_stage", str(folder), str(epochs), str(seeds)]
        return done(command)

    return timed


def _rival(name: str, *more: str, python: str = sys.executable) -> Timed:
    def timed(folder: Path, epochs: int) -> Done:
        return rival(name, str(folder), str(epochs), *more, python=python)

    return timed


def _computed_share(folder: Path) -> float:
    """The share of padding in what the stage computed."""
    cost = json.loads((folder / "models" / SIDE / "seed=0" / "scores.json").read_text(encoding="utf-8"))["training"]
    return 1 - cost["text_tokens"] / cost["computed_tokens"]


def _table(name: str, profile: dict[str, Any], contenders: list[Contender], computed: float) -> str:
    tokens, ours = profile["tokens"], contenders[0]

    def row(who: Contender) -> str:
        cells = [
            f"{who.rate(tokens, of):,.0f} | {ours.rate(tokens, of) / who.rate(tokens, of):.2f}" for of in ESTIMATES
        ]
        return f"| {who.name} | {' | '.join(cells)} | {who.cpu(tokens):.1f} | {len(who.long)} |"

    padding = f"{100 * profile['padding_share']:.0f} % padding where all are padded to that"
    lines = [
        f"**{name}**: {profile['texts']:,} training texts, cut at {WIDTH} tokens; {padding}, {100 * computed:.1f} % of "
        "what the pipeline computes.",
        "",
        "| who | tokens of text a second, shortest times | the cell's rate : its rate | the same, medians | the cell's "
        "rate : its rate | CPU s a million tokens | times |",
        "|---|---|---|---|---|---|---|",
        *map(row, contenders),
        "",
    ]
    return "\n".join(lines)


ESTIMATES: tuple[Callable[[Sequence[float]], float], ...] = (min, median)

PREFACE = f"""\
Training a masked LSTM of {SIZES["units"]} units (embedding {SIZES["embedding"]}, batches of {BATCH}), validation after
every epoch included. *this pipeline*: the stage `train` with `train.grouping: length`, two processes of one thread. The
others have every core for one model. Everybody trained in turn, {LONG} epochs and {SHORT}, and a rate is that of the
epochs between. It is given twice: of the shortest times, for what else the host does only lengthens them, and of the
medians, in which a host that lends its cores to others is seen: single times differ by half within minutes, and a
difference of two errs either way. CPU seconds, from the shortest too, know least of that.
Repeat with `python -m benchmarks.training --torch PYTHON`, where PYTHON has PyTorch.

"""

if __name__ == "__main__":
    main()
