"""Files as the room takes them: what stands there instead of data, and writing so that no half of a file is seen."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import AuditError

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
NO_NEWS = "Exception encountered when calling"
"""How Keras begins what a layer raises."""


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
    with reading(path), path.open("rb") as file:
        start = file.read(len(LFS_POINTER))
    if not start:
        raise AuditError(f"{path}: the file is empty")
    if start == LFS_POINTER:
        raise AuditError(f"{path}: this is a Git LFS pointer, the file itself is not here; run `git lfs pull`")
    return path


@contextmanager
def reading(path: Path, reader: str = "") -> Iterator[None]:
    """What any library raises over the bytes of a user's file, a panic of compiled code too, becomes a sentence.

    Raises:
        AuditError: the file cannot be read.
    """
    try:
        yield
    except (AuditError, KeyboardInterrupt, MemoryError):
        raise
    except PermissionError as error:
        raise AuditError(f"{path}: you may not read it; change who may (chmod)") from error
    except BaseException as error:
        what = first_line(error)[:200]
        said = f"{reader} cannot read the file: {what}" if reader else f"the file is damaged or was cut off ({what})"
        raise AuditError(f"{path}: {said}; copy it again") from error


def write_whole(path: Path, text: str) -> None:
    """Write text as UTF-8; the file keeps its old content until the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def first_line(error: object) -> str:
    """The first line of what an exception says that is news."""
    plain = re.sub(r"\x1b\[\d*m|\{\{.*?\}\}", "", str(error))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(NO_NEWS)]
    return (said or lines or [type(error).__name__])[0]
