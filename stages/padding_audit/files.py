"""Files as the room takes them: what stands there instead of data, and writing so that no half of a file is seen."""

import secrets
from pathlib import Path

from .errors import AuditError

LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def checked_file(path: Path) -> Path:
    """The path of a file with something in it.

    Raises:
        AuditError: it is missing, empty, a folder, or a pointer of Git LFS or DVC.
    """
    if path.suffix == ".dvc":
        raise AuditError(f"{path}: this is a pointer of DVC; run `dvc pull {path.stem}` and name that file")
    if not path.exists():
        tracked = path.with_name(f"{path.name}.dvc").exists()
        raise AuditError(f"{path}: no such file{f'; run `dvc pull {path}`' if tracked else ''}")
    if not path.is_file():
        raise AuditError(f"{path}: this is a folder; name a file")
    with path.open("rb") as file:
        start = file.read(len(LFS_POINTER))
    if not start:
        raise AuditError(f"{path}: the file is empty")
    if start == LFS_POINTER:
        raise AuditError(f"{path}: this is a Git LFS pointer, the file itself is not here; run `git lfs pull`")
    return path


def write_whole(path: Path, text: str) -> None:
    """Write text as UTF-8; the file keeps its old content until the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def first_line(message: object) -> str:
    """The first line of a message that says something."""
    return next((line.strip() for line in str(message).splitlines() if line.strip()), type(message).__name__)
