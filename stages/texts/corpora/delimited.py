"""Lines of text files, and the cells of csv and tsv files, each with the line number that a message needs."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from stages.errors import UserError
from stages.texts.reading import opened

LONGEST_LINE = 1 << 24
LONGEST_FIELD = 1 << 22


def decoded_lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """Each physical line with its number, counted from 1; a byte order mark is stripped.

    Raises:
        UserError: a line is not UTF-8, or longer than `LONGEST_LINE` bytes; names the line.
    """
    with opened(path, name) as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise UserError(f"{name}: line {number} is longer than {LONGEST_LINE} bytes; is this a text file?")
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise UserError(
                    f"{name}: line {number} is not UTF-8 (byte 0x{line[error.start]:02x} at position {error.start}); "
                    f"convert the file first, for instance: iconv -f WINDOWS-1252 -t UTF-8"
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
    line = ""

    def lines() -> Iterator[str]:
        nonlocal line
        for _, line in decoded_lines(path, name):
            yield line

    rows = csv.reader(lines(), delimiter=delimiter, strict=True, quoting=quoting)
    while True:
        first = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise UserError(f"{name}: {_problem(str(error), first, rows.line_num, line)}") from None
        if row is None:
            return
        if row:
            yield first, row


def escapes_with_backslash(text: str) -> bool:
    """Whether a quote in a line or cell is escaped with a backslash, as neither RFC 4180 nor Excel does."""
    return '\\"' in text or text.endswith("\\")


def _problem(error: str, first: int, last: int, line: str) -> str:
    if "unexpected end of data" in error:
        return f"line {first} opens a quote that is never closed; close it, or write a quote inside a text twice"
    if "field larger than" in error:
        if first == last:
            return f"line {first} holds a cell of more than {LONGEST_FIELD} characters; cut it, or take it out"
        return (
            f"line {first} opens a quote that is still open {LONGEST_FIELD} characters later (line {last}); close it, "
            f"or write a quote inside a text twice"
        )
    if "expected after" in error:
        what = "escapes quotes with a backslash" if escapes_with_backslash(line) else "goes on behind a closing quote"
        return f"line {last} {what}; write a quote inside a quoted text twice"
    if "new-line character" in error:
        return f"line {last} holds a carriage return outside quotes; write line ends as \\n or \\r\\n"
    return f"line {last} cannot be read ({error}); write the table as RFC 4180 says"
