"""Members of zip and tar archives, streamed in the archive's order, never unpacked under names of theirs."""

import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from stages.errors import UserError

TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ENDINGS = (".zip", *TAR_ENDINGS)
LARGEST_UNPACKED = 1 << 36
"""64 GiB: more can be packed into a few megabytes, to fill a disk."""


def is_archive(name: str) -> bool:
    """Whether the ending of a file's name is one of an archive's."""
    return name.lower().endswith(ENDINGS)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Around the reading of members: damage becomes a sentence of the user's.

    Raises:
        UserError: the archive `name` is damaged.
    """
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError, NotImplementedError) as error:
        raise _damaged(name, error) from None
    except OSError as error:
        # The disk's own errors have a number, those that gzip and bz2 raise about their content have none.
        if error.errno is not None:
            raise
        raise _damaged(name, error) from None


def members(path: Path, wanted: Callable[[str], bool], name: str) -> Iterator[tuple[str, IO[bytes]]]:
    """Each wanted regular file of the archive with its name; read the stream before asking for the next.

    Memory: of a tar archive one member's description, of a zip archive its table of contents.

    Raises:
        UserError: a member (wanted or not) points out of the archive, or is encrypted; a wanted one is a link; all
            together are larger than `LARGEST_UNPACKED`.
    """
    return (_zip_members if name.lower().endswith(".zip") else _tar_members)(path, wanted, name)


def _zip_members(path: Path, wanted: Callable[[str], bool], name: str) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        _check_size(sum(info.file_size for info in archive.infolist()), name)
        for info in archive.infolist():
            _check_inside(info.filename, name)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise UserError(f"{name}: member {info.filename!r} is a link, which a zip archive may not hold here")
            if info.is_dir() or not wanted(info.filename):
                continue
            if info.flag_bits & 1:
                raise UserError(f"{name}: member {info.filename!r} is encrypted; name an archive without a password")
            with archive.open(info) as stream:
                yield info.filename, stream


def _tar_members(path: Path, wanted: Callable[[str], bool], name: str) -> Iterator[tuple[str, IO[bytes]]]:
    unpacked = 0
    with tarfile.open(path, "r|*") as archive:
        while (info := archive.next()) is not None:
            # tarfile remembers every member it has met, which would grow with their number.
            archive.members.clear()  # type: ignore[attr-defined]
            _check_inside(info.name, name)
            _check_link(info, name)
            _check_size(unpacked := unpacked + info.size, name)
            if info.isdir() or not wanted(info.name):
                continue
            stream = archive.extractfile(info) if info.isreg() else None
            if stream is None:
                kind = f"a link to {info.linkname!r}; name that" if info.linkname else "no file; name another"
                raise UserError(f"{name}: member {info.name!r} is {kind}")
            yield info.name, stream


def _check_size(size: int, name: str) -> None:
    if size > LARGEST_UNPACKED:
        raise UserError(f"{name}: it unpacks to more than {LARGEST_UNPACKED} bytes; use another download")


def _check_inside(member: str, name: str) -> None:
    path = PurePosixPath(member.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise _points_outside(member, name)


def _check_link(info: tarfile.TarInfo, name: str) -> None:
    """A symbolic link is read from where it stands, a hard link from the top of the archive.

    As `tarfile.data_filter` does, which Python 3.11 has from 3.11.4 on alone.
    """
    if info.issym() or info.islnk():
        start = posixpath.dirname(info.name) if info.issym() else ""
        target = posixpath.normpath(posixpath.join(start, info.linkname))
        if posixpath.isabs(target) or target.split("/")[0] == "..":
            raise _points_outside(info.name, name)


def _damaged(name: str, error: Exception) -> UserError:
    return UserError(f"{name}: a damaged archive ({error}); tell its publisher, or use another download")


def _points_outside(member: str, name: str) -> UserError:
    return UserError(f"{name}: member {member!r} points out of the archive; use an archive that you trust")
