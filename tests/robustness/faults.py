"""Every file that a stage reads, damaged in every way; outputs that cannot be written; interrupts at any time."""

import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pyarrow as pa
import pyarrow.parquet as pq

from tests.robustness.cases import Act, Case
from tests.robustness.commands import command, stage

STAGES: dict[str, dict[str, str]] = {
    "ingest": {"raw": "data/raw", "corpus": "out"},
    "tokenize": {"raw": "data/raw", "corpus": "data/corpus", "tokens": "out"},
    "bag_of_words": {"tokens": "data/tokens", "bag_of_words": "out"},
    "pad": {"side": "post", "tokens": "data/tokens", "padded": "out"},
    "train": {"variant": "baseline", "tokens": "data/tokens", "padded": "data/padded", "models": "out"},
    "export": {
        "variant": "baseline",
        "tokens": "data/tokens",
        "padded": "data/padded",
        "models": "data/models/baseline",
        "states": "out",
    },
    "analyze": {
        **{name: f"data/{name}" for name in ("corpus", "tokens", "bag_of_words", "padded", "models", "states")},
        "analysis": "out",
    },
    "report": {"analysis": "data/analysis", "reports": "out"},
}
"""The options of every stage; what it writes is `out`."""

WITH_WORKERS = ("train", "export", "analyze")
"""Stages whose workers are forked, and so hang in a fork: each runs as a command, under half the damages."""
MOMENTS = (0.03, 0.1, 0.3)
"""Seconds after which a stage is interrupted."""


def _replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def _other(path: Path) -> None:
    """A file of the same format with other content."""
    if path.suffix == ".parquet":
        path.unlink()
        pq.write_table(pa.table({"another": [1, 2, 3]}), path)
    else:
        _replace(path, {".json": b"{}", ".csv": b"a,b\n1,2\n"}.get(path.suffix, b"another"))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "is missing": lambda path: path.unlink(),
    "is empty": lambda path: _replace(path, b""),
    "is cut in half": lambda path: _replace(path, path.read_bytes()[: path.stat().st_size // 2]),
    "holds bytes by chance": lambda path: _replace(path, bytes(range(1, 256)) * 40),
    "is a folder": lambda path: (path.unlink(), path.mkdir())[1],
    "is of another form": _other,
}


def cases(project: Path) -> Iterator[Case]:
    """All of them, for copies of a small project whose pipeline has run."""
    for name, options in STAGES.items():
        for path in _read_by(project, options):
            for damage, act in list(DAMAGES.items())[:: 2 if name in WITH_WORKERS else 1]:
                yield _case(
                    project, "damaged files of a stage before", name, f"{path} {damage}",
                    lambda folder, path=path, act=act: act(folder / path), (Path(path).name,), either=True,
                )  # fmt: skip
        for what, wrap in {
            "a disk that is full": _full_disk,
            "a file where the output goes": _file_as_output,
            "an output below a file": _output_below_file,
        }.items():
            yield _case(
                project,
                "outputs that cannot be written",
                name,
                what,
                wrap,
                ("error: ",),
                either=True,
            )
        for number in (signal.SIGINT, signal.SIGTERM) if name not in WITH_WORKERS else ():
            for moment in MOMENTS:
                what = f"{number.name} after {1000 * moment:g} ms"
                interrupt = lambda folder, number=number, moment=moment: _at(moment, number)  # noqa: E731
                yield _case(project, "interrupts", name, what, interrupt, ("interrupted",), either=True)


def _read_by(project: Path, options: dict[str, str]) -> Iterator[str]:
    """A file of every kind below the folders that a stage reads: of one side, one variant and one seed."""
    kinds = set()
    for folder in [value for value in options.values() if value.startswith("data/") and value != "data/raw"]:
        for path in sorted((project / folder).rglob("*")):
            inner = path.relative_to(project).as_posix()
            if path.is_file() and not any(part in inner for part in ("pre", "masked", "seed=1")):
                kind = (folder, path.name if path.suffix != ".parquet" or "state" not in inner else "states")
                if kind not in kinds:
                    kinds.add(kind)
                    yield inner


def _case(
    project: Path,
    kind: str,
    name: str,
    what: str,
    wrap: Callable[[Path], None],
    words: tuple[str, ...],
    *,
    either: bool,
) -> Case:
    def prepare(folder: Path) -> Act:
        shutil.copytree(project, folder, dirs_exist_ok=True, symlinks=True)
        run = (command if name in WITH_WORKERS else stage)(name, **STAGES[name])

        def act() -> None:
            wrap(Path())
            run()

        return act

    return Case(kind, f"{name}: {what}", prepare, words, either=either, clean=_nothing_half_written)


def _nothing_half_written(folder: Path) -> bool:
    """A stage that was refused leaves no output, but for models that were trained whole, which the next run keeps."""
    out = folder / "out"
    left = [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else []
    return all("seed=" in str(path) for path in left)


def _full_disk(folder: Path) -> None:
    """No file may grow beyond 2,000 bytes, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def _file_as_output(folder: Path) -> None:
    (folder / "out").write_text("mine")


def _output_below_file(folder: Path) -> None:
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").symlink_to("params.yaml/out")


def _at(moment: float, number: signal.Signals) -> None:
    def fire(_number: int, _frame: FrameType | None) -> None:
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGALRM, fire)
    signal.setitimer(signal.ITIMER_REAL, moment)
