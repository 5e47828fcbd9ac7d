"""`make robustness`: run every case, and write what came of it to tests/robustness.md."""

import argparse
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from stages.runtime.workers.pool import usable_cores
from tests.pipelines import SMALL, copy_project, run
from tests.robustness import faults, files, settings, tables
from tests.robustness.cases import Case, outcome

WORDS = ("right", "clear", "unclear", "traceback", "hang", "wrong")
PAGE = Path(__file__).parent.parent / "robustness.md"
FAULTS = ("damaged files of a stage before", "outputs that cannot be written", "interrupts")
"""Kinds of cases that are no input of a user's."""
CASES: list[Case] = []
"""What is run: cases hold functions, which reach a process that works on them by a fork alone."""


def main() -> None:
    """Run all cases, or those whose kind or name holds a word; without one, write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    parser.add_argument("--only", default="", help="run the cases whose kind or name holds this, and write no page")
    only = parser.parse_args().only
    _imported()
    found: dict[str, Counter[str]] = {}
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        project = _project(Path(name) / "project")
        every = [*tables.cases(), *settings.cases(), *files.cases(), *faults.cases(project)]
        CASES.extend(case for case in every if only in f"{case.kind}: {case.name}")
        with ProcessPoolExecutor(usable_cores(), multiprocessing.get_context("fork")) as pool:
            for case, (word, said) in zip(CASES, pool.map(_outcome, range(len(CASES))), strict=True):
                found.setdefault(case.kind, Counter())[word] += 1
                if word not in WORDS[:2] or only:
                    print(f"{word}: {case.kind}: {case.name}\n{_indented(said)}", flush=True)
    print(f"{sum(map(Counter.total, found.values()))} cases in {time.monotonic() - begin:.0f} s")
    if not only:
        PAGE.write_text(_page(found), encoding="utf-8")
    sys.exit(any(word in counts for counts in found.values() for word in WORDS[2:]))


def _outcome(number: int) -> tuple[str, str]:
    return outcome(CASES[number])


def _imported() -> None:
    """Import what the stages do, once; a case runs in a fork."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", MPLBACKEND="agg")
    logging.disable(logging.WARNING)
    from stages.models.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    for name in faults.STAGES:
        __import__(f"stages.{name}")


def _project(folder: Path) -> Path:
    """A small project whose pipeline has run."""
    copy_project(folder, {**SMALL, "train.variants": ["baseline"], "execution.fork_server": False})
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "dvc", "repro")
    return folder


def _indented(said: str) -> str:
    return "".join(f"    {line}\n" for line in said.strip().splitlines()[-6:])


def _page(found: dict[str, Counter[str]]) -> str:
    def total(kinds: list[str]) -> str:
        counts = sum((found[kind] for kind in kinds), Counter())
        return " | ".join(str(counts[word]) for word in WORDS)

    faulty = [kind for kind in found if kind in FAULTS]
    inputs = [kind for kind in found if kind not in FAULTS]
    lines = [f"| kind | tried | {' | '.join(WORDS)} |", "|---" * (len(WORDS) + 2) + "|"]
    for kind in [*inputs, *faulty]:
        lines.append(f"| {kind} | {found[kind].total()} | {total([kind])} |")
    for name, kinds in (("all inputs", inputs), ("all faults", faulty)):
        lines.append(f"| **{name}** | {sum(found[kind].total() for kind in kinds)} | {total(kinds)} |")
    return PREFACE + "\n".join(lines) + "\n"


PREFACE = """\
# What goes wrong, and how it ends

Every input and fault is run for real, in a process of its own with a minute of time, by `make robustness`, which
writes this page. *Right*: read, and what was read is checked. *Clear*: refused with exit code 2 and one sentence that
names the file, the row or the key; nothing half-written keeps its name. *Unclear*: refused without. *Wrong*: read where
it should be refused, or the other way round, or something half-written stays.

"""

if __name__ == "__main__":
    main()
