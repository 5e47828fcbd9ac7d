"""Tables as people have them: every format, encoding and separator, and what is wrong with some."""

import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.robustness.cases import Act, Case
from tests.robustness.commands import table, write_params

ROWS = [(f"a {word} film number {i}", label) for i in range(30) for word, label in (("good", "pos"), ("bad", "neg"))]
HOSTILE = {
    "a bell": "go\x07od",
    "NUL": "go\x00od",
    "a backspace": "go\x08od",
    "a vertical tab": "go\x0bod",
    "an escape": "go\x1b[31mod",
    "U+FFFE": "go\ufffeod",
    "a lone surrogate": "go\ud83dod",
    "right to left": "\u202egood",
    "zero width": "go\u200bod",
    "a byte order mark": "\ufeffgood",
    "a new line": "go\nod",
    "a carriage return": "go\rod",
    "pipes": "go|od||",
    "backticks": "go`od`",
    "HTML": "<script>alert(1)</script>",
    "an SVG end": "</text></svg>",
    "Jinja": "{{ 7 * 7 }}{% raw %}",
    "LaTeX": "$\\frac{1}{$",
    "a formula": "=1+1",
    "a quote": 'go"od',
    "an apostrophe": "it's",
    "a backslash": "go\\od",
    "a path": "../../etc/passwd",
    "an emoji": "good 👍🏽",
    "combining letters": "e\u0301" * 50,
    "3,000 letters": "good " * 600,
    "5,000 digits": "7" * 5000,
    "spaces": "   good   ",
    "a tab": "go\tod",
    "YAML": "- good: &a [*a]",
    "null": "null",
    "NaN": "NaN",
    "Infinity": "Infinity",
    "true": "True",
}
"""Cells that break files, tables, pages or readers."""


def as_csv(rows: list[tuple[Any, ...]], header: tuple[str, ...] = ("text", "label"), **options: Any) -> str:
    """The rows as csv writes them."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **options).writerows([header, *rows])
    return out.getvalue()


def as_jsonl(rows: list[tuple[Any, ...]]) -> str:
    """An object a line."""
    return "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)


def as_parquet(rows: list[tuple[Any, ...]]) -> bytes:
    """One row group."""
    out = io.BytesIO()
    pq.write_table(pa.table({"text": [row[0] for row in rows], "label": [row[1] for row in rows]}), out)
    return out.getvalue()


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _right()
    yield from _hostile()
    yield from _wrong()


def _read(kind: str, name: str, file: str, content: bytes, **known: Any) -> Case:
    words, either, entry = known.pop("words", None), known.pop("either", False), known
    return Case(
        kind,
        name,
        lambda folder: table(folder, file, content, **entry),
        words,
        _whole if words is None else _any,
        either,
    )


def _whole(folder: Path) -> bool:
    """Sixty texts of two classes."""
    summary = json.loads((folder / "data/corpus/summary.json").read_text(encoding="utf-8"))
    return len(summary["classes"]) == 2 and sum(each["texts"] for each in summary["splits"].values()) == len(ROWS)


def _any(folder: Path) -> bool:
    return (folder / "data/corpus/summary.json").exists()


def _right() -> Iterator[Case]:
    """Every format in every encoding, with every end of a line and separator that people use."""
    kind = "tables in every form"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        for ending in ("\n", "\r\n", "\r"):
            for separator in (",", ";", "\t", "|"):
                text = as_csv(ROWS, delimiter=separator).replace("\n", ending)
                name = f"csv in {encoding}, lines end {ending!r}, cells {separator!r}"
                entry: dict[str, Any] = {} if separator == "," else {"delimiter": separator}
                # What is not read as it is must be named, with what to do.
                named = "UTF-16" if encoding == "utf-16" else "carriage return" if ending == "\r" else None
                entry |= {"words": ("mine.csv", named)} if named else {}
                yield _read(kind, name, "mine.csv", text.encode(encoding), **entry)
        named = {"words": ("mine.", "UTF-16")} if encoding == "utf-16" else {}
        yield _read(kind, f"tsv in {encoding}", "mine.tsv", as_csv(ROWS, delimiter="\t").encode(encoding), **named)
        yield _read(kind, f"jsonl in {encoding}", "mine.jsonl", as_jsonl(ROWS).encode(encoding), **named)
    yield _read(kind, "parquet", "mine.parquet", as_parquet(ROWS))
    yield _read(
        kind, "parquet with numbers as labels", "mine.parquet", as_parquet([(t, int(c == "pos")) for t, c in ROWS])
    )
    for ending, content in {"csv": as_csv(ROWS), "tsv": as_csv(ROWS, delimiter="\t"), "jsonl": as_jsonl(ROWS)}.items():
        yield _read(kind, f"{ending}.gz", f"mine.{ending}.gz", gzip.compress(content.encode()))
    yield _read(kind, "json, an object a line", "mine.json", as_jsonl(ROWS).encode())
    yield _read(kind, "every cell in quotes", "mine.csv", as_csv(ROWS, quoting=csv.QUOTE_ALL).encode())
    yield _read(
        kind, "new lines in quotes", "mine.csv", as_csv([(text + "\nmore", label) for text, label in ROWS]).encode()
    )
    yield _read(kind, "blank lines between", "mine.csv", as_csv(ROWS).replace("\n", "\n\n").encode())
    yield _read(
        kind,
        "other columns around",
        "mine.csv",
        as_csv([(1, *row, 2) for row in ROWS], ("a", "text", "label", "b")).encode(),
    )
    for names in (
        ("train", "validation", "test"),
        ("Train", "dev", "Test"),
        ("train", "valid", "test"),
        ("TRAIN", "val", "testing"),
    ):
        rows = [(*row, names[i % 3]) for i, row in enumerate(ROWS)]
        content = as_csv(rows, ("text", "label", "split")).encode()
        yield _read(kind, f"splits {', '.join(names)}", "mine.csv", content, split="split")


def _hostile() -> Iterator[Case]:
    """A strange cell as text, as label and as a name of a column: read or refused, never fatal."""
    formats: dict[str, Callable[[list[tuple[Any, ...]]], bytes]] = {
        "csv": lambda rows: as_csv(rows).encode("utf-8", "surrogatepass"),
        "jsonl": lambda rows: as_jsonl(rows).encode(),
        "parquet": as_parquet,
    }
    for ending, written in formats.items():
        for name, cell in HOSTILE.items():
            in_text = [(f"{text} {cell}" if i % 5 == 0 else text, label) for i, (text, label) in enumerate(ROWS)]
            in_label = [(text, cell if label == "pos" else label) for text, label in ROWS]
            for where, rows in (("text", in_text), ("label", in_label)):
                try:
                    content = written(rows)
                except (UnicodeEncodeError, csv.Error):
                    continue  # no such file can be written
                known = {"words": (f"mine.{ending}",), "either": True}
                yield _read("strange cells", f"{name} in a {where} of {ending}", f"mine.{ending}", content, **known)
    for name, cell in HOSTILE.items():
        content = as_csv(ROWS, (cell, "label")).encode("utf-8", "surrogatepass")
        known = {"text": cell, "words": ("",), "either": True}
        if "\ud83d" not in cell:
            yield _read("strange cells", f"{name} as the name of a column", "mine.csv", content, **known)


def _wrong() -> Iterator[Case]:
    """What is no such table: named, with what to do."""
    kind = "tables that are wrong"
    good = as_csv(ROWS)
    packed = gzip.compress(good.encode())
    many = {
        "cells parted by ; under ,": (good.replace(",", ";"), ("mine.csv", "delimiter")),
        "cells parted by tabs under ,": (good.replace(",", "\t"), ("mine.csv", "delimiter")),
        "sep=; first": ("sep=;\n" + good.replace(",", ";"), ("mine.csv", "delimiter")),
        "no header": ("\n".join(good.splitlines()[1:]), ("mine.csv", "header")),
        "a quote that never ends": (good.replace("a good", '"a good', 1), ("mine.csv",)),
        "backslash escapes": (
            good.replace("a good film number 3,", '"a \\"good\\" film, number 3",'),
            ("mine.csv", "backslash"),
        ),
        "the header once more": (good + good, ("mine.csv", "header")),
        "too few cells in a row": (good + "alone\n", ("mine.csv", "62")),
        "a trailing delimiter in rows": (good.replace("pos\n", "pos,\n").replace("neg\n", "neg,\n"), ("mine.csv",)),
        "nothing": ("", ("mine.csv", "empty")),
        "a header alone": ("text,label\n", ("mine.csv",)),
        "one class": (good.replace("neg", "pos"), ("mine.csv", "class")),
        "another name for the text": (good.replace("text,", "sentence,", 1), ("mine.csv", "text", "sentence")),
        "two columns of one name": (good.replace("text,label", "text,text", 1), ("mine.csv",)),
        "HTML": ("<!DOCTYPE html><html><body>404</body></html>", ("mine.csv", "HTML")),
        "an LFS pointer": (
            "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 134\n",
            ("mine.csv", "LFS"),
        ),
    }
    for name, (content, words) in many.items():
        yield _read(kind, name, "mine.csv", content.encode(), words=words)
    for name, (content, words) in {
        "gz named csv": (packed, ("mine.csv", "gz")),
        "Parquet named csv": (as_parquet(ROWS), ("mine.csv", "Parquet")),
        "zip named csv": (b"PK\x03\x04" + bytes(200), ("mine.csv",)),
        "Excel named csv": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), ("mine.csv",)),
        "UTF-16 without a mark": (good.encode("utf-16-le"), ("mine.csv", "UTF-16")),
        "UTF-32": (good.encode("utf-32"), ("mine.csv", "UTF-32")),
        "latin-1": (good.replace("good", "café").encode("latin-1"), ("mine.csv", "UTF-8")),
        "bytes by chance": (bytes(range(256)) * 9, ("mine.csv",)),
        "a cut gz": (packed[: len(packed) // 2], ("mine.csv.gz",)),
        "cut Parquet": (as_parquet(ROWS)[:-40], ("mine.parquet",)),
        "csv named parquet": (good.encode(), ("mine.parquet",)),
    }.items():
        yield _read(kind, name, words[0], content, words=words)
    for name, content, words in (
        ("one array", json.dumps([{"text": t, "label": c} for t, c in ROWS]), ("one object",)),
        ("an array over lines", json.dumps([{"text": t, "label": c} for t, c in ROWS], indent=1), ("line",)),
        ("objects over lines", json.dumps({"text": "a", "label": "b"}, indent=1), ("line",)),
        ("a doubled key", '{"text": "a", "label": "b", "text": "c"}\n' * 40, ("text",)),
        ("a cut line", as_jsonl(ROWS) + '{"text": "a", "la', ("61",)),
        ("numbers in place of objects", "1\n2\n", ("1",)),
        ("a list as text", as_jsonl(ROWS) + '{"text": ["a"], "label": "pos"}\n', ("61",)),
        ("no label in a line", as_jsonl(ROWS) + '{"text": "a"}\n', ("61", "label")),
        ("Infinity as label", as_jsonl(ROWS).replace('"pos"', "Infinity"), ("mine.jsonl",)),
        ("5,000 digits as label", as_jsonl(ROWS).replace('"pos"', "7" * 5000), ("mine.jsonl",)),
        ("nested 10,000 deep", "[" * 10_000, ("mine.jsonl",)),
    ):
        yield _read(kind, f"jsonl: {name}", "mine.jsonl", content.encode(), words=("mine.jsonl", *words))
    yield from _places()


def _places() -> Iterator[Case]:
    """Something else where the file should lie."""

    def there(make: Callable[[Path], None]) -> Callable[[Path], Act]:
        def prepare(folder: Path) -> Act:
            act = table(folder, "mine.csv", b"")
            (folder / "data/raw/mine.csv").unlink()
            make(folder / "data/raw/mine.csv")
            return act

        return prepare

    places: dict[str, Callable[[Path], None]] = {
        "no file": lambda path: None,
        "a folder": lambda path: path.mkdir(),
        "a pipe": os.mkfifo,
        "a dangling link": lambda path: path.symlink_to("nowhere"),
        "a link to itself": lambda path: path.symlink_to(path.name),
    }
    for name, make in places.items():
        yield Case("tables that are wrong", name, there(make), ("mine.csv",))
    yield Case("tables that are wrong", "a name of 300 letters", _long, ("name",))


def _long(folder: Path) -> Act:
    act = table(folder, "mine.csv", as_csv(ROWS).encode())
    write_params(
        folder,
        {
            "dataset": "mine",
            "datasets.mine": {"source": "table", "file": "n" * 300 + ".csv", "text": "text", "label": "label"},
        },
    )
    return act
