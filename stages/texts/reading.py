"""Files that the user puts into data/raw/: why one cannot be read, and its bytes."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from stages.errors import UserError

GZIP = ".gz"


def missing(path: Path, *, folders: bool = False) -> str | None:
    """Why there is no file (or, with `folders`, no folder either) to read at `path`; None where there is one."""
    try:
        if path.is_file() or (folders and path.is_dir()):
            return None
        if path.is_dir():
            return "a folder, not a file"
        if path.is_symlink():
            return f"a link to {path.readlink()}, which is not there"
        return "neither a file nor a folder" if path.exists() else "no such file"
    except PermissionError:
        return "no permission to look into its folder"
    except (OSError, ValueError) as error:  # a name of 300 letters, a link to itself
        return f"its name is not possible ({getattr(error, 'strerror', None) or error})"


def readable(path: Path, remedy: str) -> Path:
    """The path of a file that is there and may be read.

    Raises:
        UserError: it is not; `remedy` says what to do.
    """
    if reason := missing(path):
        raise UserError(f"{path}: {reason}; {remedy}")
    with opened(path, str(path)):
        return path


@contextmanager
def opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where its name ends in .gz.

    Raises:
        UserError: the file may not be read, or is no whole gzip file.
    """
    try:
        with cast(IO[bytes], gzip.open(path) if path.suffix.lower() == GZIP else path.open("rb")) as file:
            yield file
    except PermissionError:
        raise UserError(f"{name}: no permission to read it; give it with `chmod u+r`") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(
            f"{name}: not a whole {GZIP} file ({error}); download or pack it again, or take {GZIP} off its name if it "
            f"is not packed"
        ) from None
