"""Run the experiments of a sweep that are missing, several at a time, and read the results of all."""

import fcntl
import re
import shutil
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stages.errors import UserError
from stages.execution import usable_cores
from stages.sweeps import repository
from stages.sweeps.identity import Experiment, planned
from stages.sweeps.sandbox import Sandbox, cache_folder, end_left_behind
from stages.sweeps.spec import Outcome, Point, Sweep

POLL_SECONDS = 0.2
OWN = Path(".dvc", "tmp", "sweeps")
"""The folder of all that sweeps leave on disk: sandboxes while they run, and the log of every experiment."""

STAGE_ERROR = re.compile(r"^\w+: error: .+$", re.MULTILINE)
DVC_ERROR = re.compile(r"^ERROR: .+$", re.MULTILINE)


def outcomes(project: Path, sweep: Sweep, points: Sequence[Point], jobs: int = 0) -> list[Outcome]:
    """The results of all points, in their order; experiments that are missing are run first, as DVC experiments.

    Args:
        project: the folder of the pipeline.
        sweep: what the points belong to.
        points: the grid.
        jobs: how many experiments run at a time; 0 takes the number of cores.

    Raises:
        UserError: a point is impossible or an input is missing (nothing was run then), another sweep runs in this
            project, or experiments failed; those that did not fail are kept.
    """
    commit = repository.head(project)
    experiments, inputs = planned(project, sweep, points)
    with _alone(project):
        found = _results(project, commit, experiments)
        missing = {each.name: each for each in experiments if each.identity not in found}
        if found:
            print(
                f"{sweep.name}: {len(points) - len(missing)} of {len(points)} experiments are done already", flush=True
            )
        if missing:
            failures = _run(project, sweep, list(missing.values()), inputs, jobs, len(points))
            if failures:
                raise UserError(_failed(sweep, failures))
            found = _results(project, commit, experiments)
    return [Outcome(each.point, found[each.identity]) for each in experiments]


@dataclass
class _Progress:
    """What is told while experiments end."""

    name: str
    whole: int
    done: int
    left: int
    jobs: int
    started: float = field(default_factory=time.monotonic)
    seconds: list[float] = field(default_factory=list)

    def ended(self, experiment: Experiment, seconds: float, failure: str | None) -> None:
        """A line for one experiment, and the time left where somebody looks on."""
        self.done += 1
        self.left -= 1
        self.seconds.append(seconds)
        how = "" if failure is None else f" failed: {failure}"
        print(f"{self.name} {self.done}/{self.whole}: {experiment.point} ({duration(seconds)}){how}", flush=True)
        if sys.stderr.isatty() and self.left:
            rest = sum(self.seconds) / len(self.seconds) * self.left / self.jobs
            print(f"{self.name}: about {duration(rest)} left", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """As people say it: 42 s, 1 min 12 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _results(project: Path, commit: str, experiments: Sequence[Experiment]) -> dict[str, dict[str, object]]:
    """Identity -> report.json of the experiments that are there."""
    there = repository.experiments(project, commit)
    results = {}
    for each in experiments:
        if each.identity in there and each.identity not in results:
            report = repository.report(project, there[each.identity], each.overrides["dataset"])
            if report is not None:
                results[each.identity] = report
    return results


def _run(
    project: Path, sweep: Sweep, missing: list[Experiment], inputs: list[Path], jobs: int, whole: int
) -> list[tuple[Experiment, str, Path]]:
    """Run experiments; those that failed, why, and where their output is."""
    cores = usable_cores()
    jobs = min(jobs or cores, len(missing))
    shared = {"execution.workers": max(1, cores // jobs)}
    commit, cache = repository.head(project), cache_folder(project)
    waiting, failures = deque(missing), []
    free = [Sandbox(project, project / OWN / f"sandbox-{number}", inputs, cache, commit) for number in range(jobs)]
    all_of_them = list(free)
    running: list[tuple[Sandbox, Experiment, Path, float]] = []
    progress = _Progress(sweep.name, whole, whole - len(missing), len(missing), jobs)
    try:
        for sandbox in free:
            sandbox.make()
        while waiting or running:
            while waiting and free:
                sandbox, experiment = free.pop(), waiting.popleft()
                log = project / OWN / "logs" / f"{experiment.name}.log"
                sandbox.start(experiment.name, {**experiment.overrides, **shared}, log)
                running.append((sandbox, experiment, log, time.monotonic()))
            time.sleep(POLL_SECONDS)
            for entry in list(running):
                sandbox, experiment, log, since = entry
                code = sandbox.ended()
                if code is None:
                    continue
                failure = None
                if code == 0:
                    sandbox.hand_over(experiment.name)
                else:
                    failure = _reason(log, code)
                    failures.append((experiment, failure, log))
                    sandbox.remove()  # DVC may have left it between two states
                    sandbox.make()
                running.remove(entry)
                free.append(sandbox)
                progress.ended(experiment, time.monotonic() - since, failure)
    finally:
        for sandbox in all_of_them:
            sandbox.remove()
    return failures


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """Hold the folder of sweeps, cleared of what a killed one left.

    Raises:
        UserError: another sweep holds it.
    """
    folder = project / OWN
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                "another sweep runs in this folder and has the cores; start this one when it is done"
            ) from None
        for left in folder.glob("sandbox-*"):
            end_left_behind(left)
            shutil.rmtree(left, ignore_errors=True)
        yield


def _reason(log: Path, code: int) -> str:
    """The last sentence in which a stage, or else DVC, says why it failed."""
    text = log.read_text(encoding="utf-8", errors="replace")
    for pattern in (STAGE_ERROR, DVC_ERROR):
        sentences = pattern.findall(text)
        if sentences:
            return str(sentences[-1])
    return "it was killed from outside" if code < 0 or code > 128 else f"it ended with code {code}"


def _failed(sweep: Sweep, failures: Sequence[tuple[Experiment, str, Path]]) -> str:
    each = "; ".join(f"{experiment.point}: {reason} (output in {log})" for experiment, reason, log in failures)
    return f"{sweep.name}: {len(failures)} experiments failed, so no report was written; run it again to go on: {each}"
