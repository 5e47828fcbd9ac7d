"""Writing files and folders so that nothing half-written ever keeps its final name."""

import errno
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stages.errors import UserError

PARTIAL_SUFFIX = ".partial"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` to write to; rename it to `path` when the block ends without an error.

    Raises:
        UserError: the disk filled up while the block wrote.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        with _disk_full_is_a_users_error(path):
            yield partial
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary empty folder beside `path`; it takes the place of `path` when the block ends without an error.

    Raises:
        UserError: the disk filled up while the block wrote.
    """
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with _disk_full_is_a_users_error(path):
            yield partial
            shutil.rmtree(path, ignore_errors=True)
            partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _disk_full_is_a_users_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"{path}: the disk is full, so it was not written; free some space and run again"
            ) from error
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys, one line per entry and a final newline.

    Raises:
        ValueError: `value` holds NaN or an infinity, which JSON has no word for.
    """
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with whole_file(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_json(path: Path) -> Any:
    """Read one JSON file.

    Raises:
        UserError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error}); delete it and run `dvc repro` again") from None


def significant(value: float, digits: int = 4) -> float:
    """Round to `digits` significant digits, so that reports diff by what changed and not by the last bits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
