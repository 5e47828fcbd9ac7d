"""What a file of texts is: the ending of its name, and what people take for a table and is none."""

import codecs
from pathlib import Path

from stages.errors import UserError
from stages.texts.reading import GZIP, opened

DELIMITERS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson", ".json")
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
ZERO_LANES: dict[tuple[bool, ...], str] = {
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
