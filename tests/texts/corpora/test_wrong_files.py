"""What people put into data/raw/ by mistake, and the words of the sentence that each must get."""

import gzip
import io
import os
import struct
import zipfile
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.tables import table

TABLE = "text,label\ngood film,pos\nbad film,neg\n"
LONG = "x" * (5 << 20)


def zipped(content="x"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", content)
    return buffer.getvalue()


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def binary_as_text(data):
    """A column of strings that holds these bytes, as other programs write what is not UTF-8."""
    return pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(struct.pack("<ii", 0, len(data))), pa.py_buffer(data)]
    )


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
FORMATS = {
    "xlsx": (zipped(), "an Excel workbook (.xlsx) or another zip archive", "CSV"),
    "xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "an old Excel workbook (.xls)", "CSV"),
    "gz": (gzip.compress(TABLE.encode()), "compressed with gzip", ".csv.gz"),
    "html": ("<!DOCTYPE html>\n<html><body>Log in</body></html>", "an HTML page", "download"),
    "lfs": (LFS, "a Git LFS pointer", "git lfs pull"),
    "parquet": (parquet(text=["a"], label=["b"]), "a Parquet file", ".parquet"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "a PDF", "CSV"),
    "utf-16": (TABLE.encode("utf-16"), "UTF-16", "iconv -f UTF-16 -t UTF-8"),
    "utf-16-le": (TABLE.encode("utf-16-le"), "UTF-16LE", "iconv -f UTF-16LE -t UTF-8"),
    "utf-16-be": (TABLE.encode("utf-16-be"), "UTF-16BE", "iconv -f UTF-16BE -t UTF-8"),
    "utf-32": (TABLE.encode("utf-32"), "UTF-32", "iconv -f UTF-32 -t UTF-8"),
    "utf-32-le": (TABLE.encode("utf-32-le"), "UTF-32LE", "iconv -f UTF-32LE -t UTF-8"),
}
FILES = {
    "another delimiter": ("a.csv", "text;label\ngood, film;pos\n", 'delimiter: ";"'),
    "another delimiter in tsv": ("a.tsv", "text,label\ngood film,pos\n", 'delimiter: ","'),
    "sep=": ("a.csv", "sep=;\ntext;label\ngood film;pos\n", "line 1", "sep=;", "take it out", 'delimiter: ";"'),
    "backslash": ("a.csv", 'text,label\n"she said \\"wow\\"",pos\n', "line 2", "backslash", "twice"),
    "another delimiter and another name": (
        "a.csv",
        "queue;body\npress;good movie\n",
        "no column 'text'",
        "its delimiter seems to be ';'",
        'set `delimiter: ";"`',
        "found: 'queue;body'",
    ),
    "no header": ("a.csv", "0,good movie\n1,bad movie\n", "no column 'text'", "found: '0', 'good movie'", "no header"),
    "header again": ("a.csv", f"{TABLE}text,label\nfine,pos\n", "line 4", "repeats the header", "take it out"),
    "trailing delimiter": ("a.csv", "text,label\ngood film,pos,\n", "line 2", "ends with the delimiter ','"),
    "long cell": ("a.csv", f"text,label\n{LONG},pos\n", "line 2", "a cell of more than 4194304 characters"),
    "long cell in quotes": ("a.csv", f'text,label\n"{LONG}",pos\n', "line 2", "a cell of more than 4194304 characters"),
    "open quote": ("a.csv", 'text,label\n"bad,y\n' + "x" * 99 * (1 << 16), "line 2 opens a quote"),
    "tsv of pandas": ("a.tsv", 'text\tlabel\n"He said ""wow"""\tpos\n', "line 2", "quotes: true", "quotes: false"),
    "tsv of R": ("a.tsv", '"text"\t"label"\n"good film"\t"pos"\n', "its cells stand in quotes", "quotes: true"),
    "json array": (
        "a.jsonl",
        '[\n{"text": "a", "label": "x"},\n{"text": "b", "label": "y"}\n]',
        "line 1",
        "one array",
        "one object per line",
    ),
    "json array in json": ("a.json", '[{"text": "a", "label": "x"}]', "line 1", "one object per line"),
    "pretty json": (
        "a.json",
        '{\n  "text": "a",\n  "label": "x"\n}',
        "line 1",
        "over several lines",
        "one object per line",
    ),
    "key twice": ("a.jsonl", '{"text": "a", "label": "x", "label": "y"}', "line 1", "'label'", "twice"),
    "column key twice": (
        "a.jsonl",
        '{"text": "a", "x": {"text": 1, "text": 2}, "label": "y"}',
        "line 1",
        "'text'",
        "twice",
    ),
    "long number": ("a.jsonl", f'{{"text": "a", "label": {"9" * 5000}}}', "line 1", "digits"),
    "bad utf-8 in parquet": (
        "a.parquet",
        parquet(text=binary_as_text(b"caf\xe9"), label=["x"]),
        "row 0",
        "'text'",
        "UTF-8",
    ),
    "bad utf-8 in labels": (
        "a.parquet",
        parquet(text=["a"], label=binary_as_text(b"\xff")),
        "row 0",
        "'label'",
        "UTF-8",
    ),
    "dates": ("a.parquet", parquet(text=["a"], label=pa.array([datetime(2020, 1, 1)])), "'label'", "timestamp"),
    "dates out of range": (
        "a.parquet",
        parquet(text=["a"], label=pa.array([2**62], pa.timestamp("us"))),
        "'label'",
        "timestamp",
    ),
    "lists": ("a.parquet", parquet(text=["a"], label=[["x"]]), "'label'", "list"),
    "html parquet": ("a.parquet", FORMATS["html"][0], "an HTML page"),
    "csv parquet": ("a.parquet", TABLE, "not a parquet file"),
    "cut gzip": ("a.csv.gz", gzip.compress(TABLE.encode())[:-9], "a.csv.gz", "not a whole .gz file", "again"),
    "no gzip": ("a.csv.gz", TABLE, "a.csv.gz", "not a whole .gz file", "off its name"),
    **{f"{name} named .csv": ("a.csv", *case) for name, case in FORMATS.items()},
    **{f"{name} named .jsonl": ("a.jsonl", *case) for name, case in FORMATS.items() if name != "gz"},
}


def complaint(path, **columns):
    with pytest.raises(UserError) as caught:
        list(table(path, Columns("text", "label", **columns)).texts)
    return str(caught.value)


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file_gets_its_sentence(tmp_path, case):
    name, content, *words = FILES[case]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = complaint(path)
    assert [word for word in (name, *words) if word not in message] == [], message
    assert len(message) < 500


def folder(path):
    path.mkdir()


def forbidden(path):
    path.write_text(TABLE)
    path.chmod(0)


PLACES = {
    "folder": (folder, "a folder"),
    "fifo": (os.mkfifo, "neither a file nor a folder"),
    "dangling link": (lambda path: path.symlink_to("elsewhere.csv"), "a link to", "elsewhere.csv", "is not there"),
    "link to itself": (lambda path: path.symlink_to(path.name), "a link to"),
    "forbidden": (forbidden, "permission"),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_no_readable_file_is_named(tmp_path, case):
    make, *words = PLACES[case]
    path = tmp_path / "a.csv"
    make(path)
    if case == "forbidden" and os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    message = complaint(path)
    assert [word for word in (str(path), *words) if word not in message] == [], message


@pytest.mark.parametrize("name", ["n" * 300 + ".csv", "a\0b.csv"])
def test_an_impossible_name_is_named(tmp_path, name):
    assert "name" in complaint(tmp_path / name)
