"""From texts to padded rows against `TextVectorization` and `pad_sequences`: run by `make bench`, see RESULTS.md."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.knobs import changed_params
from benchmarks.processes import Done, done, rival
from benchmarks.results import spread, versions, write_section
from stages.params.schema import Params

SIZES = (100_000, 1_000_000)
WIDTH = 31
"""Of a row: 95 % of the generated texts are not longer."""
REPEATS = 2
OURS, RIVAL = "this pipeline: `tokenize`, `pad`", "Keras: `TextVectorization`, `pad_sequences`"


def main() -> None:
    """Measure both in turn, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tokens", description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="RESULTS.md is written for the default alone")
    parser.add_argument("--work", metavar="CORPUS", help="what a measured process does")
    given = parser.parse_args()
    if given.work:
        work(Path(given.work))
        return
    runs: dict[tuple[str, int], list[Done]] = {}
    with tempfile.TemporaryDirectory() as name:
        corpora = {texts: _corpus(Path(name) / str(texts), texts) for texts in SIZES}
        vocabulary = _params(SIZES[0]).tokenize.vocabulary
        for repeat in range(given.repeats):
            for texts, corpus in corpora.items():
                ours = done([sys.executable, "-m", "benchmarks.tokens", "--work", str(corpus)])
                theirs = rival("keras_tokens", str(corpus), str(vocabulary), str(WIDTH))
                for who, it in ((OURS, ours), (RIVAL, theirs)):
                    runs.setdefault((who, texts), []).append(it)
                    print(f"{repeat + 1}, {texts} texts, {who}: {it.said}, {it.peak:.0f} MiB", flush=True)
    text = f"{PREFACE}\n{_table(runs)}\n{versions()}\n"
    print(text)
    if given.repeats == REPEATS:
        write_section("tokenize and pad", text)


def _params(texts: int) -> Params:
    return changed_params({"dataset": "synthetic", "datasets.synthetic.texts": texts, "pad.max_len": WIDTH})


def _corpus(folder: Path, texts: int) -> Path:
    from stages.ingest import ingest

    (folder / "raw").mkdir(parents=True)
    ingest(_params(texts), raw=folder / "raw", corpus=folder / "corpus")
    return folder / "corpus"


def work(corpus: Path) -> None:
    """Both stages; print how long they took, imports left out."""
    from stages.pad import pad
    from stages.tokenize import tokenize

    params = _params(SIZES[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start, cpu = time.perf_counter(), time.process_time()
        tokenize(params, raw=folder, corpus=corpus, tokens=folder / "tokens")
        pad(params, side="post", tokens=folder / "tokens", padded=folder / "padded")
        print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}))


def _table(runs: dict[tuple[str, int], list[Done]]) -> str:
    few, many = SIZES
    header = ["who", f"s, {many:,} texts", "CPU s", "rival : ours (CPU)", f"peak MiB, {few:,}", f"{many:,}"]
    seconds = {who: [it.said["seconds"] for it in runs[who, many]] for who in (OURS, RIVAL)}
    cpu = {who: median(it.said["cpu"] for it in runs[who, many]) for who in (OURS, RIVAL)}
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    for who in (OURS, RIVAL):
        peaks = [f"{median(it.peak for it in runs[who, texts]):.0f}" for texts in SIZES]
        ratio = f"{median(seconds[RIVAL]) / median(seconds[OURS]):.1f} ({cpu[RIVAL] / cpu[OURS]:.1f})"
        cells = [who, spread(seconds[who]), f"{cpu[who]:.1f}", ratio if who == OURS else "", *peaks]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


PREFACE = f"""\
Generated texts of 4 to 48 words, three splits, from Parquet files of text to files of rows of {WIDTH} tokens. *Keras*:
one vocabulary of the same size from the training texts, all texts of a split in memory, `np.savez`. Ours counts and
checks more (coverage, lengths, texts that lose every token). Times measured: {REPEATS}, in turn; imports are not in the
seconds. Repeat with `python -m benchmarks.tokens`.
"""

if __name__ == "__main__":
    main()
