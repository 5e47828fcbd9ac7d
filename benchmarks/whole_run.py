"""The default run against what it was: cold, with nothing to do, its analysis, its imports; and without forking."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.clones import SMALL, clone, repro
from benchmarks.processes import in_turn
from benchmarks.table import Row, spread

BEFORE = "6ea54c2"
"""Its default run has six seeds, and its batches hold texts of like length."""
IDLE_RUNS = 5
PAIRS = 3
UP_TO_DATE = "Data and pipelines are up to date."
REPORT = Path("reports", "synthetic", "report.json")


def rows(*, tiny: bool) -> Iterator[Row]:
    """Cold, there and back through the runs below; then in the last clones nothing to do, and `analyze` alone."""
    runs: dict[str, tuple[str, dict[str, Any]]] = {
        "the default run, cold": ("HEAD", {}),
        "the same with twelve seeds": ("HEAD", {"train.seeds": 12}),
        BEFORE: (BEFORE, {}),
    }
    folders, cold = {}, {name: list[float]() for name in runs}
    with tempfile.TemporaryDirectory() as scratch:
        for number, name in enumerate(runs if tiny else [*runs, *reversed(runs)]):
            commit, changes = runs[name]
            folders[name] = clone(Path(scratch) / str(number), commit, {**changes, **(SMALL if tiny else {})})
            cold[name].append(repro(folders[name]))
        theirs, after = cold.pop(BEFORE), folders["the default run, cold"]
        for name, own in cold.items():
            took = [" and ".join(f"{seconds:.0f}" for seconds in each) + " s" for each in (own, theirs)]
            yield Row("run", name, f"the default run of {BEFORE}", *took, mean(own) / mean(theirs), "≤ 1.0")
        idle = [repro(after, expected=UP_TO_DATE) for _ in range(1 if tiny else IDLE_RUNS)]
        yield Row("run", "`dvc repro`, nothing to do", "–", f"{spread(idle)} s", "", median(idle), "≤ 3", "s")
        alone = ("--force", "--single-item", "analyze")
        own, other = in_turn(lambda: repro(after, *alone), lambda: repro(folders[BEFORE], *alone), 1 if tiny else PAIRS)
        said = f"{spread(own)} s; {_same_verdicts(after / REPORT, folders[BEFORE] / REPORT)}"
        ratio = median(its / mine for mine, its in zip(own, other, strict=True))
        yield Row("run", "`analyze`, default run", f"that of {BEFORE}", said, f"{spread(other)} s", ratio, "≥ 2")


def import_rows(*, tiny: bool) -> Iterator[Row]:
    """A run of next to no work, cold: imports and the start of all stages; and the lines that forking takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        lines = {}

        def cold(commit: str) -> float:
            clone(folder, commit, SMALL)
            code = (path.read_text(encoding="utf-8") for path in (folder / "stages").rglob("*fork*.py"))
            lines[commit] = sum(len(text.splitlines()) for text in code)
            seconds = repro(folder)
            shutil.rmtree(folder)
            return seconds

        own, other = in_turn(lambda: cold("HEAD"), lambda: cold(BEFORE), 1 if tiny else PAIRS)
    ratio = median(mine / its for mine, its in zip(own, other, strict=True))
    said = (f"{spread(each)} s, {lines[which]} lines" for each, which in ((own, "HEAD"), (other, BEFORE)))
    yield Row("imports", "import and start of all stages", f"{BEFORE}, fork server", *said, ratio, "≤ 1.0")


def fork_rows(*, tiny: bool) -> Iterator[Row]:
    """The default run, cold, with the fork server and without, in turn; their reports must be the same to the byte."""
    reports = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"

        def cold(on: bool) -> float:
            changes: dict[str, Any] = {**(SMALL if tiny else {}), "execution.fork_server": on}
            seconds = repro(clone(folder, changes=changes))
            reports.add((folder / REPORT).read_bytes())
            shutil.rmtree(folder)
            return seconds

        own, other = in_turn(lambda: cold(True), lambda: cold(False), 1 if tiny else PAIRS)
    if len(reports) > 1:
        raise SystemExit("the reports of these runs differ")
    ratio = median(its / mine for mine, its in zip(own, other, strict=True))
    seconds = (f"{spread(each)} s" for each in (own, other))
    yield Row("fork", "the default run, cold", "without the fork server", *seconds, ratio)


def _same_verdicts(*reports: Path) -> str:
    """How many verdicts that both reports have are the same."""
    ours, theirs = (
        {
            tuple(each.get(key) for key in ("estimand", "side", "variant", "condition", "state")): each["verdict"]
            for each in json.loads(path.read_text(encoding="utf-8"))["verdicts"]
            if each["verdict"]
        }
        for path in reports
    )
    shared = ours.keys() & theirs.keys()
    return f"{sum(ours[key] == theirs[key] for key in shared)} of {len(shared)} verdicts the same"
