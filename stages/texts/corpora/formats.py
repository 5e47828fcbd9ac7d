"""What a file of texts is: the ending of its name, its bytes unpacked, and what people take for a table and is none."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stages.errors import UserError

DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson", ".json")
GZIP = ".gz"
ENDINGS = (*DELIMITERS, ".parquet", *JSON_LINES, *(ending + GZIP for ending in (*DELIMITERS, *JSON_LINES)))
HEAD_BYTES = 512

EXPORT = "export it as CSV in UTF-8"
AGAIN = "download the file itself, not the page about it"
FORMATS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip archive", f"{EXPORT}, or unpack it"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", EXPORT),
    (b"\x1f\x8b", "compressed with gzip", "end its name in .csv.gz, .tsv.gz or .jsonl.gz, or unpack it"),
    (b"BZh", "compressed with bzip2", "unpack it"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (b"PAR1", "a Parquet file", "end its name in .parquet"),
    (b"ARROW1", "an Arrow or Feather file", "write it as Parquet"),
    (b"%PDF-", "a PDF", EXPORT),
    (b"SQLite format 3\0", "an SQLite database", EXPORT),
    (b"\x89HDF\r\n", "an HDF5 file", EXPORT),
    (b"\x80\x04\x95", "a Python pickle", "write it as Parquet"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file it stands for", "fetch that with `git lfs pull`"),
)
MARKUP = ((b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML file"))
ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
ZERO_LANES = {
    (False, True, True, True): "UTF-32LE",
    (True, True, True, False): "UTF-32BE",
    (False, True, False, True): "UTF-16LE",
    (True, False, True, False): "UTF-16BE",
}
"""Which of every four bytes are zero in a header of ASCII letters."""


def ending_of(name: str) -> str:
    """The ending of a table's name, `.gz` included; empty where it is no table's."""
    return max((ending for ending in ENDINGS if name.lower().endswith(ending)), key=len, default="")


def is_table(name: str) -> bool:
    """Whether the ending of a file's name is one of a table's."""
    return ending_of(name) != ""


@contextmanager
def opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where its name ends in .gz.

    Raises:
        UserError: the file may not be read, or is no whole gzip file.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == GZIP else path.open("rb") as file:
            yield file
    except PermissionError:
        raise UserError(f"{name}: no permission to read it; give it with `chmod u+r`") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(
            f"{name}: not a whole gzip file ({error}); download or pack it again, or take {GZIP} off the name of a "
            f"plain .csv, .tsv or .jsonl"
        ) from None


def check_format(path: Path, name: str) -> None:
    """Look at a table's first bytes.

    Raises:
        UserError: the file is of another format or encoding than its name says; or as `opened`.
    """
    with opened(path, name) as file:
        head = file.read(HEAD_BYTES)
    if path.suffix.lower() == ".parquet" and head.startswith(b"PAR1"):
        return
    encoding = next((encoding for mark, encoding in ENCODINGS if head.startswith(mark)), None)
    encoding = encoding or ZERO_LANES.get(tuple(not any(head[lane::4]) for lane in range(4)))
    if encoding is not None:
        raise UserError(f"{name}: its encoding is {encoding}; convert it first: iconv -f {encoding} -t UTF-8")
    if found := foreign_format(head):
        raise UserError(f"{name}: it is {found[0]}; {found[1]}")


def foreign_format(head: bytes) -> tuple[str, str] | None:
    """What the first bytes of a file say that it is, if that is no table, and what to do."""
    for mark, kind, remedy in FORMATS:
        if head.startswith(mark):
            return kind, remedy
    for mark, kind in MARKUP:
        if head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(mark):
            return kind, AGAIN
    return None


def missing(path: Path) -> str | None:
    """Why there is no file or folder to read at `path`; None where there is one."""
    try:
        if path.is_file() or path.is_dir():
            return None
        if path.is_symlink():
            return f"a link to {path.readlink()}, which is not there"
        return "neither a file nor a folder" if path.exists() else "no such file"
    except PermissionError:
        return "no permission to look into its folder"
    except (OSError, ValueError) as error:  # a name of 300 letters, a link to itself
        return f"its name is not possible ({getattr(error, 'strerror', None) or error})"
