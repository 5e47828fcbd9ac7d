"""What a sweep asks of git: the commit it stands on, what is not committed yet, and the experiments that there are."""

import json
import os
import subprocess
from pathlib import Path

from stages.analysis.contract import Report, from_json
from stages.errors import UserError

CODE = "stages"


def git(folder: Path, *arguments: str, index: Path | None = None) -> str:
    """The output of a git command that must succeed; `index` takes the place of the repository's own.

    Raises:
        subprocess.CalledProcessError: it failed; `stderr` tells why.
    """
    command = ["git", "-C", str(folder), *arguments]
    environment = os.environ if index is None else {**os.environ, "GIT_INDEX_FILE": str(index)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, encoding="utf-8")
    return done.stdout


def head(project: Path) -> str:
    """The hash of the commit that the project stands on.

    Raises:
        UserError: there is no git here, no repository, or no commit in it.
    """
    try:
        return git(project, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
    except FileNotFoundError:
        raise UserError("git was not found; experiments are kept in git, so install it") from None
    except subprocess.CalledProcessError:
        raise UserError(
            "experiments are kept in git, and here is no repository with a commit yet; "
            "run `git init`, `git add -A` and `git commit -m 'my pipeline'` first"
        ) from None


def root(project: Path) -> Path:
    """The top folder of the repository, which may hold more than the project."""
    return Path(git(project, "rev-parse", "--show-toplevel").rstrip("\n"))


def snapshot(project: Path, index: Path) -> str:
    """The tree of the project's files as they are now: those that git tracks, and new modules of the pipeline.

    Other files that git does not track are the user's own business. Nothing but objects is added to the repository;
    `index` is a file of its own to build the tree in.
    """
    top = root(project)
    changed = git(top, "diff", "--name-only", "--no-renames", "-z", "HEAD")
    code = os.path.relpath(project.resolve() / CODE, top)
    new = git(top, "ls-files", "--others", "--exclude-standard", "-z", "--", code)
    names = sorted({name for name in (changed + new).split("\0") if name})
    git(top, "read-tree", "HEAD", index=index)
    if names:
        git(top, "--literal-pathspecs", "add", "--all", "--force", "--", *names, index=index)
    return git(top, "write-tree", index=index).strip()


def experiments(project: Path, commit: str) -> dict[str, str]:
    """Every DVC experiment by its name, and its commit: those made on `commit` first, then the latest first.

    Where several commits have an experiment of that name, the first of these counts.
    """
    layout = "%(refname)%00%(objectname)"
    commits: dict[str, str] = {}
    lines = git(project, "for-each-ref", "--sort=-committerdate", f"--format={layout}", "refs/exps").splitlines()
    refs = [tuple(line.split("\0")) for line in lines]
    for ref, sha in sorted(refs, key=lambda ref: not ref[0].startswith(f"refs/exps/{commit[:2]}/{commit[2:]}/")):
        commits.setdefault(ref.rpartition("/")[2], sha)
    return commits


def report(project: Path, sha: str, dataset: str) -> Report | None:
    """The report.json that a commit holds; None where it holds none, or one that is broken or of another version."""
    try:
        return from_json(Report, json.loads(git(project, "show", f"{sha}:./reports/{dataset}/report.json")))
    except (subprocess.CalledProcessError, ValueError):  # no JSON, or (pydantic's ValidationError) of another form
        return None
