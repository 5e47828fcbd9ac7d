"""Export under every condition against `predict` and `to_parquet`: run by `make bench`, written to RESULTS.md."""

import argparse
import json
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.knobs import changed_params
from benchmarks.processes import Done, done, rival
from benchmarks.results import spread, versions, write_section
from stages.models.tensorflow_setup import one_op_after_another
from stages.params.schema import Params, checked_side
from stages.params.texts import Side
from stages.states.exporting import WINDOW_ROWS

FEW, MANY = 2_000, 50_000
SIZES = (FEW, 10_000, MANY)
"""Numbers of test texts."""
TEST_SHARE = 0.5
MODEL = {"units": 64, "embedding": 64}
REPEATS = 1
SIDES: tuple[Side, ...] = ("pre", "post")
CELLS = list(product(SIDES, ("baseline", "masked")))
SEEDS = 2
CELL, OURS, RIVAL = f"this pipeline, a cell of {SEEDS} seeds", "this pipeline, one seed alone", "Keras and pandas"


def main() -> None:
    """Measure every cell in turn, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export", description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="RESULTS.md is written for the default alone")
    place = ("FOLDER", "SIDE", "VARIANT")
    parser.add_argument("--work", nargs=3, metavar=place, help="what a measured process does for one seed")
    parser.add_argument("--stage", nargs=3, metavar=place, help="what a measured process does for a cell")
    given = parser.parse_args()
    for measured, options in ((work, given.work), (stage, given.stage)):
        if options:
            measured(Path(options[0]), *options[1:])
            return
    with tempfile.TemporaryDirectory() as name:
        folders = {texts: _prepared(Path(name) / str(texts), texts) for texts in SIZES}
        found = {cell: _measured(folders, cell, given.repeats) for cell in CELLS}
    text = f"{PREFACE}\n{_table(found)}\n{versions()}\n"
    print(text)
    if given.repeats == REPEATS:
        write_section("export", text)


def _params(texts: int, side: Side) -> Params:
    """For one cell: with one padding side alone, a variant is a cell."""
    return changed_params(
        {
            "pad.sides": [side],
            "dataset": "synthetic",
            "datasets.synthetic.texts": round(texts / TEST_SHARE),
            "corpus.test": TEST_SHARE,
            **{f"model.{name}": size for name, size in MODEL.items()},
            "train.seeds": SEEDS,
            "train.epochs": 1,
            "export.texts": "all",
        }
    )


def _prepared(folder: Path, texts: int) -> Path:
    """Texts padded on both sides and a model for every cell; the test texts as arrays for the rival."""
    from stages.ingest import ingest
    from stages.pad import pad
    from stages.texts.tokens.padded import read_padded
    from stages.tokenize import tokenize
    from stages.train import train

    raw, corpus, tokens = folder / "raw", folder / "corpus", folder / "tokens"
    raw.mkdir(parents=True)
    params = _params(texts, "post")
    ingest(params, raw=raw, corpus=corpus)
    tokenize(params, raw=raw, corpus=corpus, tokens=tokens)
    for side in SIDES:
        pad(params, side=side, tokens=tokens, padded=folder / side)
        for variant in ("baseline", "masked"):
            models = folder / f"{side}-{variant}"
            train(_params(texts, side), variant=variant, tokens=tokens, padded=folder, models=models)
    rows = read_padded(folder / "post" / "test.parquet")
    np.savez(folder / "test", tokens=rows.tokens[rows.tokens != 0], **{k: getattr(rows, k) for k in KEYS})
    knobs = {"max_len": rows.tokens.shape[1], "pads": params.export.pads}
    (folder / "knobs.json").write_text(json.dumps(knobs), encoding="utf-8")
    return folder


@one_op_after_another()
def work(folder: Path, side: str, variant: str) -> None:
    """Write the states of every condition; print how long that took, imports and loading left out."""
    from stages.states.exporting import ExportTask, export_runs, loaded
    from stages.states.pad_runs import PadRuns

    params = _params(FEW, checked_side(side))
    model = folder / f"{side}-{variant}" / side / "seed=0" / "model.keras"
    with tempfile.TemporaryDirectory() as target:
        task = ExportTask(
            padded=folder / side,
            model=model,
            folder=Path(target),
            side=checked_side(side),
            variant=variant,
            seed=0,
            classes=("0", "1"),
            tokenizer="",
            pads=params.export.pads,
            texts="all",
            batch_size=params.export.batch_size,
        )
        trained = loaded(model)
        start, cpu = time.perf_counter(), time.process_time()
        export_runs(PadRuns.of(trained), task)
        print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}))


def stage(folder: Path, side: str, variant: str) -> None:
    """The stage `export` for a cell; print how long it took, its workers' imports and loading included."""
    from stages.export import export

    with tempfile.TemporaryDirectory() as target:
        start, models = time.perf_counter(), folder / f"{side}-{variant}"
        (folder / "tokenizer.json").touch()
        places = {"tokens": folder, "padded": folder, "models": models, "states": Path(target) / "states"}
        export(_params(FEW, checked_side(side)), variant=variant, **places)
        print(json.dumps({"seconds": (time.perf_counter() - start) / SEEDS}))


def _measured(folders: dict[int, Path], cell: tuple[str, str], repeats: int) -> dict[tuple[str, int], list[Done]]:
    """By who and number of texts, what every run took."""
    runs: dict[tuple[str, int], list[Done]] = {}
    for repeat in range(repeats):
        for texts, folder in folders.items():
            ours = done([sys.executable, "-m", "benchmarks.export", "--work", str(folder), *cell])
            together = done([sys.executable, "-m", "benchmarks.export", "--stage", str(folder), *cell])
            theirs = rival("keras_export", str(folder), *cell)
            for who, it in ((CELL, together), (OURS, ours), (RIVAL, theirs)):
                runs.setdefault((who, texts), []).append(it)
                print(f"{repeat + 1}, {' '.join(cell)}, {texts} texts, {who}: {it.said}, {it.peak:.0f} MiB", flush=True)
    return runs


def _table(found: dict[tuple[str, str], dict[tuple[str, int], list[Done]]]) -> str:
    header = ["side", "variant", "who", f"s a seed, {MANY:,} texts", "CPU s", "rival : it (CPU)"]
    header += [f"peak MiB, {FEW:,}", *(f"{texts:,}" for texts in SIZES[1:])]
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    for (side, variant), runs in found.items():
        seconds = {who: [it.said["seconds"] for it in runs[who, MANY]] for who in (CELL, OURS, RIVAL)}
        cpu = {who: median(it.said["cpu"] for it in runs[who, MANY]) for who in (OURS, RIVAL)}
        for who, took in seconds.items():
            ratio = f"{median(seconds[RIVAL]) / median(took):.1f}" if who != RIVAL else ""
            if who == OURS:
                ratio += f" ({cpu[RIVAL] / cpu[OURS]:.1f})"
            peaks = [f"{median(it.peak for it in runs[who, texts]):.0f}" for texts in SIZES]
            cells = [side, f"`{variant}`", who, spread(took), f"{cpu[who]:.1f}" if who in cpu else "", ratio, *peaks]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


KEYS = ("text_id", "label", "length")

PREFACE = f"""\
The states h and c and the probability of every test text under eight numbers of pads (0 to 64), written to Parquet: an
LSTM of {MODEL["units"]} units, generated texts of 4 to 48 tokens. *{OURS}*: what `export` does of them, one thread,
every text without padding and with k pads, and as it was trained with and with its pads on the other side. *{CELL}*:
the stage as it ships, one seed a process, with the start of its processes and their imports; seconds are its wall time
divided by its seeds, the peak that of its largest process. *{RIVAL}*: `pad_sequences` to the longest text and k pads
more, and to the longest text on the other side (k = 0 is how it was trained), `predict` in batches of 256 on every
core, `DataFrame.to_parquet` with a column for each unit; imports and loading are not in its seconds. Times measured:
{REPEATS}, in turn. Repeat with `python -m benchmarks.export`.

Memory is that of windows of {WINDOW_ROWS:,} texts under ten conditions, of which {FEW:,} texts do not fill one. With
pads before the text, every number of them that leads to another state takes a pass of its own over the text; under a
mask none does.
"""

if __name__ == "__main__":
    main()
