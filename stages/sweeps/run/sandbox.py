"""A clone of the repository in which experiments run, so that nothing of the user's is ever touched.

`dvc exp run --temp` and DVC's queue do the same, but keep their books (a stash, a list of what runs) in the user's
repository: a run that is killed stays there as "Running", and runs that start together take each other's entry. A clone
of ours has books of its own, shares the objects of git and the cache of DVC, and is thrown away when it is done; all
that reaches the user's repository is the reference of a finished experiment, which git writes whole or not at all.
"""

import configparser
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dvc.config import Config
from dvc.utils.serialize import modify_yaml

from stages.sweeps.run import guard
from stages.sweeps.run.git import git, root
from stages.sweeps.run.identity import override
from stages.sweeps.spec import Overrides

MARK = "PADDING_IMPACT_SANDBOX"
NOBODY = ("padding-impact sweep", "sweep@localhost")
ENDING_SECONDS = 10


@dataclass
class Sandbox:
    """One clone; it runs one experiment after another.

    Attributes:
        project: the user's project.
        folder: the clone.
        commit: what HEAD is.
        tree: the tracked files as the user had them when the sweep began, committed or not.
        inputs: a folder with the files that git does not track, as data/raw/<file>; they are copied in.
        cache: DVC's cache, shared with the project.
    """

    project: Path
    folder: Path
    commit: str
    tree: str
    inputs: Path
    cache: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def inside(self) -> Path:
        """The project in the clone."""
        return self.folder / self.project.resolve().relative_to(root(self.project).resolve())

    def make(self) -> None:
        """Clone the repository, without copying its objects, and make it ready."""
        shutil.rmtree(self.folder, ignore_errors=True)
        top = root(self.project)
        git(top, "clone", "--quiet", "--shared", "--no-checkout", "--no-tags", str(top), str(self.folder))
        git(self.folder, "checkout", "--quiet", "--force", "--detach", self.commit)
        for key, nobody in zip(("user.name", "user.email"), NOBODY, strict=True):
            git(self.folder, "config", key, _setting(self.project, key) or nobody)
        (self.folder / ".git" / "info" / "exclude").write_text(".dvc/tmp\n.dvc/config.local\n", encoding="utf-8")
        _write_config(self.project, self.inside, self.cache)
        shutil.copytree(self.inputs, self.inside, dirs_exist_ok=True)

    def start(self, name: str, overrides: Overrides, log: Path) -> None:
        """Begin one experiment; its output goes into `log`."""
        self._reset()
        with modify_yaml(str(self.inside / "params.yaml")) as content:
            override(content, overrides, name)
        command = [sys.executable, "-m", "dvc", "exp", "run", "--name", name, "report"]  # and no audit of a model
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, guard.__file__, str(os.getpid()), *command],
                cwd=self.inside,
                env=_environment(self.folder),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self) -> int | None:
        """The exit code of the experiment; None while it runs."""
        if self._process is None:
            return None
        code = self._process.poll()
        if code is not None:
            self.kill()
        return code

    def hand_over(self, name: str) -> None:
        """Give the finished experiment to the user's repository, where `dvc exp show` lists it."""
        refs = git(self.folder, "for-each-ref", "--format=%(refname)", "refs/exps").splitlines()
        own = [ref for ref in refs if ref.rpartition("/")[2] == name]
        if not own:
            raise RuntimeError(f"{self.folder}: DVC ended without an error and made no experiment {name}")
        lock = git(self.project, "rev-parse", "--git-path", f"{own[0]}.lock").rstrip("\n")
        (self.project / lock).unlink(missing_ok=True)  # of a git that was killed: nobody else writes this reference
        quietly = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        git(self.project, "fetch", *quietly, str(self.folder), f"+{own[0]}:{own[0]}")

    def kill(self) -> None:
        """End the experiment and everything that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Leave nothing behind."""
        self.kill()
        end_left_behind(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reset(self) -> None:
        """The tracked files of the snapshot; products in data/ stay, and DVC sees what of them is current."""
        git(self.folder, "checkout", "--quiet", "--force", "--detach", self.commit)
        git(self.folder, "clean", "-dffq")
        git(self.folder, "read-tree", "--reset", "-u", self.tree)


def frozen(project: Path, names: Iterable[Path], folder: Path) -> Path:
    """A copy of input files, which their owner may change while the sweep runs; `names` are relative to the project."""
    folder.mkdir()
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / name, target)
    return folder


def cache_folder(project: Path) -> Path:
    """DVC's cache of a project, as `dvc cache dir` prints it."""
    own = project / ".dvc"
    return Path(Config(str(own))["cache"].get("dir", own / "cache")).resolve()


def end_left_behind(folder: Path) -> None:
    """Kill processes of experiments whose sweep and guard were both killed, and wait until they are gone.

    They are known by a mark in their environment; where there is no /proc they go on, in a folder that is gone.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while time.monotonic() < deadline and (processes := list(_marked(folder))):
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(guard.POLL_SECONDS)


def _marked(folder: Path) -> Iterable[int]:
    mark = f"{MARK}={folder}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)
        except OSError:
            continue


def _environment(folder: Path) -> dict[str, str]:
    """Stages are run by the Python that runs the sweep; git knows the clone by its folder alone."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_DIR", "GIT_WORK", "GIT_INDEX"))}
    search = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": search, "DVC_NO_ANALYTICS": "1", MARK: str(folder)}


def _setting(project: Path, key: str) -> str:
    try:
        return git(project, "config", key).strip()
    except subprocess.CalledProcessError:
        return ""


def _write_config(project: Path, inside: Path, cache: Path) -> None:
    """The user's own settings of DVC, the shared cache, and the rest of DVC's files inside the clone."""
    (inside / ".dvc").mkdir(exist_ok=True)
    config = configparser.ConfigParser(interpolation=None, strict=False)
    config.read(project / ".dvc" / "config.local", encoding="utf-8")
    config.read_dict(
        {
            "cache": {"dir": str(cache)},
            "core": {"site_cache_dir": str(inside / ".dvc" / "tmp" / "site"), "check_update": "false"},
        }
    )
    with (inside / ".dvc" / "config.local").open("w", encoding="utf-8") as file:
        config.write(file)
