"""Writing files and folders so that nothing half-written ever keeps its final name."""

import errno
import glob
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from stages.errors import UserError

PARTIAL_SUFFIX = ".partial"
TOKEN_BYTES = 4

before_naming: ContextVar[Callable[[], None]] = ContextVar("before_naming", default=lambda: None)
"""Called before anything gets its final name; what it raises leaves the old as it was."""


def partials(path: Path) -> list[Path]:
    """What is being written to become `path`, or was left behind by a process that was killed."""
    return sorted(path.parent.glob(f"{glob.escape(path.name)}.{'[0-9a-f]' * 2 * TOKEN_BYTES}{PARTIAL_SUFFIX}"))


def _new_partial(path: Path) -> Path:
    """A name that nobody else writes to; what others left under theirs is removed.

    On a cluster the same work may be begun again while a worker that was given up still does it. The last to begin
    wins: the others find their files gone, and can neither mix theirs with its own nor take their place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in partials(path):
        _remove(left)
    return path.with_name(f"{path.name}.{secrets.token_hex(TOKEN_BYTES)}{PARTIAL_SUFFIX}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` to write to; rename it to `path` when the block ends without an error.

    Raises:
        UserError: the disk filled up while the block wrote.
    """
    partial = _new_partial(path)
    try:
        with _disk_full_is_a_users_error(path):
            yield partial
            _may_be_named(path)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary empty folder beside `path`; it takes the place of `path` when the block ends without an error.

    Raises:
        UserError: the disk filled up while the block wrote.
    """
    partial = _new_partial(path)
    partial.mkdir()
    try:
        with _disk_full_is_a_users_error(path):
            yield partial
            for left in list(partial.rglob(f"*{PARTIAL_SUFFIX}")):
                _remove(left)
            _may_be_named(path)
            partial.stat()  # gone where somebody else began later, and then what stands at `path` must stay
            shutil.rmtree(path, ignore_errors=True)
            partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _may_be_named(path: Path) -> None:
    """Ask, unless the path lies in a folder that has no final name itself."""
    if not any(part.endswith(PARTIAL_SUFFIX) for part in path.parts):
        before_naming.get()()


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
    """Write `value` as `indented_json`, which raises what this raises."""
    write_text(path, indented_json(value))


def indented_json(value: Any) -> str:
    """`value` as JSON with sorted keys, one line per entry and a final newline.

    Raises:
        ValueError: `value` holds NaN or an infinity, which JSON has no word for.
    """
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


class _Content(dict[str, Any]):
    """What a JSON file holds; a key that another version of it lacks is the file's fault."""

    def __init__(self, path: Path, pairs: Mapping[str, Any]) -> None:
        super().__init__(pairs)
        self.path = path

    def __missing__(self, key: str) -> Any:
        raise UserError(f"{self.path}: no key {key!r}, another version wrote it; delete it and run `dvc repro` again")

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


def read_json(path: Path) -> Any:
    """Read one JSON file.

    Raises:
        UserError: the file is missing, cannot be read or is not JSON, or, once a key is asked for, lacks it.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_hook=lambda pairs: _Content(path, pairs))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; remove it and run `dvc repro` to make it") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error}); delete it and run `dvc repro` again") from None


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with line feeds; the file keeps its old content until the new one is whole.

    Raises:
        UserError: the disk filled up.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


INDENT = "  "


def json_text(value: Any) -> str:
    """`value` as JSON with sorted keys: one line for each flat record or list of numbers, and a final newline.

    Raises:
        ValueError: `value` holds NaN or an infinity, which JSON has no word for.
    """
    return _text(value, "") + "\n"


def _text(value: Any, margin: str) -> str:
    items: list[str]
    if isinstance(value, dict) and not _flat(value.values()):
        items = [f"{_line(key)}: {_text(value[key], margin + INDENT)}" for key in sorted(value)]
        opening, closing = "{}"
    elif isinstance(value, list) and not _flat(value):
        items = [_text(item, margin + INDENT) for item in value]
        opening, closing = "[]"
    else:
        return _line(value)
    inner = f",\n{margin}{INDENT}".join(items)
    return f"{opening}\n{margin}{INDENT}{inner}\n{margin}{closing}"


def _flat(values: Any) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
