"""Lines of text files, and the cells of csv and tsv files, each with the line number that a message needs."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from stages.errors import UserError

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST_LINE = 1 << 24
LONGEST_FIELD = 1 << 22


def decoded_lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """Each physical line with its number, counted from 1; a byte order mark is stripped.

    Raises:
        UserError: a line is not UTF-8, or longer than `LONGEST_LINE` bytes; names the line.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise UserError(f"{name}: line {number} is longer than {LONGEST_LINE} bytes; is this a text file?")
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                likely = "UTF-16" if line.startswith(UTF16_MARKS) else "WINDOWS-1252"
                raise UserError(
                    f"{name}: line {number} is not UTF-8 (byte 0x{line[error.start]:02x} at position {error.start}); "
                    f"convert the file first, for instance: iconv -f {likely} -t UTF-8"
                ) from None


def cells(path: Path, delimiter: str, quotes: bool, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row's cells with the number of its first line; blank lines are left out.

    With `quotes` they mean what RFC 4180 says; without, they are characters like others.

    Raises:
        UserError: a line is not UTF-8 or too long, or its quotes do not match; names the line.
    """
    # A quote that is never closed would otherwise swallow the rest of the file.
    csv.field_size_limit(LONGEST_FIELD)
    quoting: Literal[0, 3] = 0 if quotes else 3  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE
    lines = (line for _, line in decoded_lines(path, name))
    rows = csv.reader(lines, delimiter=delimiter, strict=True, quoting=quoting)
    while True:
        first = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise UserError(f"{name}: {_problem(str(error), first, rows.line_num)}") from None
        if row is None:
            return
        if row:
            yield first, row


def _problem(error: str, first: int, last: int) -> str:
    if "unexpected end of data" in error:
        return f"line {first} opens a quote that is never closed; close it, or write a quote inside a text twice"
    if "field larger than" in error:
        return (
            f"line {first} opens a quote that is still open {LONGEST_FIELD} characters later (line {last}); close it, "
            f"or write a quote inside a text twice"
        )
    if "expected after" in error:
        return f"line {last} goes on behind a closing quote; write a quote inside a quoted text twice"
    if "new-line character" in error:
        return f"line {last} holds a carriage return outside quotes; write line ends as \\n or \\r\\n"
    return f"line {last} cannot be read ({error}); write the table as RFC 4180 says"
