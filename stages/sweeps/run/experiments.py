"""Run the experiments of a sweep that are missing, several at a time, and read the reports of all."""

import fcntl
import math
import re
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stages.analysis.contract import Report
from stages.errors import UserError
from stages.forecast.cost import cost_of, makespan
from stages.forecast.fitting import require_room
from stages.forecast.machine import Machine, this_machine
from stages.forecast.texts import Texts, texts_of
from stages.runtime.workers.pool import duration, usable_cores
from stages.sweeps.run import git
from stages.sweeps.run.identity import Experiment, planned
from stages.sweeps.run.sandbox import Sandbox, cache_folder, end_left_behind, frozen
from stages.sweeps.spec import ExperimentReport, Point, Sweep

POLL_SECONDS = 0.2
OWN = Path(".dvc", "tmp", "sweeps")
"""The folder of all that sweeps leave on disk: sandboxes while they run, and the log of every experiment."""

STAGE_ERROR = re.compile(r"^\w+: error: .+$", re.MULTILINE)
DVC_ERROR = re.compile(r"^ERROR: .+$", re.MULTILINE)


def run_missing(project: Path, sweep: Sweep, points: Sequence[Point], jobs: int = 0) -> list[ExperimentReport]:
    """The reports of all points, in their order; experiments that are missing are run first, as DVC experiments.

    Args:
        project: the folder of the pipeline.
        sweep: what the points belong to.
        points: the grid.
        jobs: how many experiments run at a time; 0 takes the number of cores.

    Raises:
        UserError: a point is impossible, or an input is missing or was edited meanwhile (nothing was run then),
            another sweep runs in this project, or experiments failed; those that did not fail are kept.
    """
    project = project.resolve()
    commit = git.head(project)
    with _alone(project):
        experiments, inputs = planned(project, sweep, points)
        tree = git.snapshot(project, _own(project, "sandbox-index"))
        reports = _reports(project, commit, experiments)
        missing = {one.identity: one for one in experiments if one.identity not in reports}
        done = sum(one.identity in reports for one in experiments)
        if done:
            print(f"{sweep.name}: {done} of {len(points)} experiments are done already", flush=True)
        if missing:
            shared = (commit, tree, frozen(project, inputs, _own(project, "sandbox-inputs")), cache_folder(project))
            if planned(project, sweep, points)[0] != experiments:
                raise UserError(
                    f"{sweep.name}: params.yaml, the code or a file in data/raw was edited while the sweep began; "
                    "nothing was run, so run it again"
                )
            count = min(jobs or usable_cores(), len(missing))
            sandboxes = [Sandbox(project, _own(project, f"sandbox-{number}"), *shared) for number in range(count)]
            progress = _Progress(sweep.name, len(points), done, count)
            progress.begun(list(missing.values()), foreseen(project, list(missing.values()), count))
            failures = _run(list(missing.values()), sandboxes, progress)
            if failures:
                raise UserError(_failed(sweep, project, failures))
            reports = _reports(project, commit, experiments)
    return [ExperimentReport(one.point, reports[one.identity]) for one in experiments]


@dataclass
class _Running:
    """An experiment under way; `log` takes its output, `since` is when it began."""

    sandbox: Sandbox
    experiment: Experiment
    log: Path
    since: float


@dataclass(frozen=True)
class _Failure:
    experiment: Experiment
    reason: str
    log: Path


@dataclass
class _Progress:
    """What is told before experiments begin and while they end."""

    name: str
    whole: int
    done: int
    jobs: int
    seconds: list[float] = field(default_factory=list)

    def begun(self, experiments: Sequence[Experiment], seconds: float | None) -> None:
        """A line for what will be run, and for how long where that is known."""
        count = "one experiment" if len(experiments) == 1 else f"{len(experiments)} experiments, {self.jobs} at a time"
        named = f"{experiments[0].point}{f' … {experiments[-1].point}' * (len(experiments) > 1)}"
        how_long = f"about {duration(seconds)}" if seconds else "how long is told when the first has ended"
        print(f"{self.name}: will run {count}: {named}; {how_long}", flush=True)

    def ended(self, experiment: Experiment, seconds: float, failure: _Failure | None) -> None:
        """A line for one experiment, with the time left."""
        self.done += 1
        self.seconds.append(seconds)
        how = f" failed: {failure.reason}" if failure else ""
        left = self.whole - self.done
        each = sum(self.seconds) / len(self.seconds)
        rest = f", about {duration(each * math.ceil(left / self.jobs))} left" if left else ""
        print(f"{self.name} {self.done}/{self.whole}: {experiment.point} ({duration(seconds)}){how}{rest}", flush=True)


def _reports(project: Path, commit: str, experiments: Sequence[Experiment]) -> dict[str, Report]:
    """Identity -> report.json of the experiments that are there."""
    found = git.experiments(project, commit)
    commits = {name.rpartition("-")[2]: found[name] for name in reversed(found)}  # the first of an identity counts
    reports = {}
    for experiment in experiments:
        if experiment.identity in commits and experiment.identity not in reports:
            report = git.report(project, commits[experiment.identity], experiment.overrides["dataset"])
            if report is not None:
                reports[experiment.identity] = report
    return reports


def _run(missing: Sequence[Experiment], sandboxes: Sequence[Sandbox], progress: _Progress) -> list[_Failure]:
    """Run experiments, one at a time in each sandbox; those that failed."""
    waiting = deque(zip(missing, workers(len(missing), len(sandboxes), usable_cores()), strict=True))
    free = deque(sandboxes)
    running: list[_Running] = []
    failures = []
    try:
        for sandbox in sandboxes:
            sandbox.make()
        while waiting or running:
            while waiting and free:
                sandbox, (experiment, cores) = free.popleft(), waiting.popleft()
                log = _own(sandbox.project, "logs", f"{experiment.name}.log")
                sandbox.start(experiment.name, {**experiment.overrides, "execution.workers": cores}, log)
                running.append(_Running(sandbox, experiment, log, time.monotonic()))
            time.sleep(POLL_SECONDS)
            for job in list(running):
                code = job.sandbox.ended()
                if code is not None:
                    failure = _collected(job, code)
                    if failure:
                        failures.append(failure)
                    running.remove(job)
                    free.append(job.sandbox)
                    progress.ended(job.experiment, time.monotonic() - job.since, failure)
    finally:
        for sandbox in sandboxes:
            sandbox.remove()
    return failures


def foreseen(project: Path, experiments: Sequence[Experiment], jobs: int) -> float | None:
    """Seconds of these experiments, `jobs` at a time; None where their texts must be downloaded first.

    Raises:
        UserError: one needs more memory, disk or time than there is.
    """
    whole = this_machine(max(1, usable_cores() // jobs), project)
    machine = Machine(whole.cores, whole.speed, whole.memory // jobs, whole.disk // len(experiments))
    known: dict[str, Texts | None] = {}  # a table is read once for all points that read it alike
    seconds = []
    for experiment in experiments:
        params = experiment.params
        read = repr((params.chosen_dataset, params.corpus, params.tokenize.kind))
        if read not in known:
            known[read] = texts_of(params, project / "data" / "raw")
        texts = known[read]
        if texts is None:
            return None
        cost = cost_of(params, texts, machine)
        try:
            require_room(cost, texts, machine)
        except UserError as error:
            raise UserError(f"{experiment.point}: {error}") from None
        seconds.append(sum(cost.seconds.values()))
    return makespan(seconds, jobs)


def workers(experiments: int, jobs: int, cores: int) -> list[int]:
    """How many processes each experiment may use, so that all cores work and none has two things to do.

    Experiments of one sweep take about as long as each other, so they end in rounds, and the last round may be short.
    """
    last = experiments % jobs
    alone = max(1, cores // jobs)
    return [alone] * (experiments - last) + [max(1, cores // last)] * last if last else [alone] * experiments


def _collected(ended: _Running, code: int) -> _Failure | None:
    """Hand the finished experiment over, or say how it failed."""
    if code == 0:
        ended.sandbox.hand_over(ended.experiment.name)
        return None
    ended.sandbox.remove()  # DVC may have left it between two states
    ended.sandbox.make()
    return _Failure(ended.experiment, _reason(ended.log, code), ended.log)


def _own(project: Path, *names: str) -> Path:
    return project.joinpath(OWN, *names)


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """Hold the folder of sweeps, cleared of what a killed one left.

    Raises:
        UserError: another sweep holds it.
    """
    folder = _own(project)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                "another sweep runs in this folder and has the cores; start this one when it is done"
            ) from None
        _clear(folder)
        try:
            yield
        finally:
            _clear(folder)


def _clear(folder: Path) -> None:
    for left in folder.glob("sandbox-*"):
        if left.is_dir():
            end_left_behind(left)
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink()


def _reason(log: Path, code: int) -> str:
    """The last sentence in which a stage, or else DVC, says why it failed."""
    text = log.read_text(encoding="utf-8", errors="replace")
    for pattern in (STAGE_ERROR, DVC_ERROR):
        sentences = pattern.findall(text)
        if sentences:
            return str(sentences[-1])
    return "it was killed from outside" if code < 0 or code > 128 else f"it ended with code {code}"


def _failed(sweep: Sweep, project: Path, failures: Sequence[_Failure]) -> str:
    reasons = "; ".join(
        f"{one.experiment.point}: {one.reason} (see {one.log.relative_to(project)})" for one in failures
    )
    number = "one experiment" if len(failures) == 1 else f"{len(failures)} experiments"
    return f"{sweep.name}: {number} failed, so no report was written; run it again to repeat what failed: {reasons}"
