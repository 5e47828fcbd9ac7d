"""Training a masked LSTM and a cell of many seeds against plain Keras and PyTorch.

A rate is that of the epochs, with their validation: what a long training takes more than a short one, each in a process
of its own, so that imports and the tracing of functions, which all have, are in neither.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.prepared import changed_params, prepare, share
from benchmarks.processes import Done, in_turn, module, rival
from benchmarks.table import Row, spread
from stages.params.texts import Side

SIDE: Side = "post"
SEEDS, MANY_SEEDS = 6, 12
SHORT, TOKENS = 1, 1_000_000
"""Epochs of a short training; a long one reads so many tokens more, and two epochs at least."""
REPEATS, REPEATS_OF_PACKED = 3, 1
MASKED = {"model.units": 64, "model.embedding": 64, "train.batch_size": 64, "train.patience": 0, "pad.sides": [SIDE]}
REVIEWS = {"texts": 2_000, "median_length": 190, "length_sigma": 0.65, "shortest": 10, "longest": 2_000}
"""Texts as long as reviews of films on a web site: half of them shorter than 190 tokens."""
TICKETS = {"texts": 8_000, "median_length": 17, "length_sigma": 0.2, "shortest": 8, "longest": 40}
Changes = dict[str, Any]
"""Of params.yaml, by dotted path."""
BOUNDS = {"Keras, padded": "≥ 2.5", "PyTorch, padded to each batch's longest": "≥ 1.5", "PyTorch, packed": "≥ 8"}
KERAS, TRIMMED, PACKED = BOUNDS


def texts_of(reviews: Path, *, tiny: bool) -> dict[str, tuple[Changes, Path | None]]:
    """By name: what makes params.yaml one of the three sets of texts, and its file, None where it is generated."""

    def generated(grammar: dict[str, Any], width: int) -> Changes:
        grammar = {**grammar, "texts": 200} if tiny else grammar
        return {"dataset": "synthetic", "pad.max_len": width} | {
            f"datasets.synthetic.{name}": value for name, value in grammar.items()
        }

    found: dict[str, tuple[Changes, Path | None]] = {
        "generated reviews": (generated(REVIEWS, 400), None),
        "tickets of 17 words": (generated(TICKETS, 40), None),
    }
    if not reviews.exists():
        return found
    return {"polarity2": ({"dataset": "polarity2", "pad.max_len": 400}, reviews), **found}


def masked_rows(reviews: Path, torch: str | None, *, tiny: bool) -> Iterator[Row]:
    """A masked LSTM by real tokens, three rivals for each set of texts, and the padding that is computed."""
    for name, (changes, file) in texts_of(reviews, tiny=tiny).items():
        with tempfile.TemporaryDirectory() as place:
            folder, changed = Path(place), {**MASKED, **changes}
            profile = _prepared(folder, changed, file)
            work = f"masked LSTM, {name} at {changed['pad.max_len']}"
            train = partial(module, "training", folder, "masked", SEEDS)
            ours = _rate(train, profile["tokens"], models=SEEDS, tiny=tiny)
            for against, run in _rivals(folder, torch).items():
                bound = "≥ 2.0" if (against, name) == (KERAS, "tickets of 17 words") else BOUNDS[against]
                if run is None:
                    yield Row("train", work, against, bound=bound)
                    continue
                repeats = 1 if tiny else REPEATS_OF_PACKED if against == PACKED else REPEATS
                own, other = in_turn(ours, _rate(run, profile["tokens"], tiny=tiny), repeats)
                ratio = median(mine / its for mine, its in zip(own, other, strict=True))
                said = (f"{spread([rate / 1e3 for rate in who], 0)} k tokens/s" for who in (own, other))
                yield Row("train", work, against, *said, ratio, bound)
            scores = folder / "models" / SIDE / "seed=0" / "scores.json"
            cost = json.loads(scores.read_text(encoding="utf-8"))["training"]
            computed = 100 * (1 - cost["text_tokens"] / cost["computed_tokens"])
            padded = f"{100 * profile['padding_share']:.1f} % where all are padded"
            batches = "shuffled, trimmed; the LSTM computes none of it"
            yield Row("train", f"padding in the batches, {name}", "0", batches, padded, computed, unit="%")


def cell_rows(*, tiny: bool) -> Iterator[Row]:
    """The unmasked baseline of the default run, padded to max_len: all seeds of a cell, from start to end."""
    changes: Changes = {"train.patience": 0, "pad.sides": [SIDE], "dataset": "synthetic"}
    if tiny:
        changes |= {"datasets.synthetic.texts": 200, "train.epochs": 1}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _prepared(folder, changes, None)
        epochs = changed_params(changes).train.epochs
        own, other = in_turn(
            lambda: float(module("training", folder, "baseline", MANY_SEEDS, epochs).said["seconds"]),
            lambda: float(rival("keras_train", folder, epochs, "unmasked", MANY_SEEDS).said["seconds"]),
            1,
        )
    work = f"unmasked baseline padded to max_len, {MANY_SEEDS} seeds"
    seconds = (f"{each:.1f} s" for each in (own[0], other[0]))
    yield Row("cell", work, "Keras, seeds one after another, all cores", *seconds, other[0] / own[0], "≥ 2.0")


def _prepared(folder: Path, changes: Changes, file: Path | None) -> dict[str, Any]:
    params = changed_params(changes)
    prepare(params, folder, SIDE, file)
    (folder / "changes.json").write_text(json.dumps(changes), encoding="utf-8")
    return share(params, folder, SIDE)


def _rivals(folder: Path, torch: str | None) -> dict[str, Callable[[int], Done] | None]:
    """By name: a training of one model of so many epochs; None where no Python has PyTorch."""

    def with_torch(way: str) -> Callable[[int], Done] | None:
        return None if torch is None else lambda epochs: rival("torch_train", folder, epochs, way, python=torch)

    keras: Callable[[int], Done] = lambda epochs: rival("keras_train", folder, epochs, "masked", 1)  # noqa: E731
    return {KERAS: keras, TRIMMED: with_torch("trimmed"), PACKED: with_torch("packed")}


def _rate(train: Callable[[int], Done], tokens: int, *, models: int = 1, tiny: bool) -> Callable[[], float]:
    """Tokens of text in a second, of trainings of some models whose epoch has so many.

    Few texts tell nothing, and so one epoch with its start has to do then.
    """
    more = max(2, round(TOKENS / tokens))

    def measured() -> float:
        short = float(train(SHORT).said["seconds"])
        if tiny:
            return models * tokens * SHORT / short
        long = float(train(SHORT + more).said["seconds"])
        if long <= short:
            sys.exit(
                f"{SHORT + more} epochs took no longer than {SHORT}: this machine has too much other work; run again"
            )
        return models * tokens * more / (long - short)

    return measured


def main(folder: Path, variant: str, seeds: int, epochs: int) -> None:
    """The stage `train` with the pool of processes that it has; print how long it took."""
    from stages.train import train

    changes = json.loads((folder / "changes.json").read_text(encoding="utf-8"))
    params = changed_params({**changes, "train.seeds": seeds, "train.epochs": epochs})
    where = {name: folder / name for name in ("tokens", "padded", "models")}
    shutil.rmtree(where["models"], ignore_errors=True)  # the stage keeps what is trained already
    start = time.perf_counter()
    train(params, variant=variant, **where)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
