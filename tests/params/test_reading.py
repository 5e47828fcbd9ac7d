"""What may lie where params.yaml should, and the sentence that names it."""

import os
from pathlib import Path

import pytest

from stages.errors import UserError
from stages.params.reading import dotted, read_mapping
from stages.params.schema import load_params
from tests.conftest import REPOSITORY

FILES = [
    (b"", "there must be keys with values, such as `dataset: synthetic`, and it is empty"),
    (b"# a comment", "there must be keys with values, such as `dataset: synthetic`, and it is empty"),
    (b"- a", "there must be keys with values, such as `dataset: synthetic`, and it holds a list"),
    ("a: \u00e9".encode("latin-1"), "line 1: not UTF-8; save the file in that encoding"),
    ("a: 1".encode("utf-16"), "line 1: not UTF-8; save the file in that encoding"),
    (b"a: 1\nb: \x00", "not valid YAML: unacceptable character #x0000: control characters are not allowed"),
    (b"a: 1\na: 2", 'not valid YAML: line 2: found duplicate key "a" with value "2" (original value: "1")'),
    (b"a:\n\tb: 1", "not valid YAML: line 2: found character that cannot start any token; indent with spaces, not"),
    (b"<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> b", "git has left a conflict in line 1"),
    (b"a: 2021-13-45", "not valid YAML: month must be in 1..12; put text that looks like a date or a number in quotes"),
    (b"a: " + b"9" * 5000, "put text that looks like a date or a number in quotes"),
    (b"a: !!python/object/apply:os.system [ls]", "not valid YAML: line 1: could not determine a constructor for the"),
    (b"a: &a [x]\nb: *a", "line 2: the alias *a; write what it stands for in its place"),
    (b"a: &a [*a]", "line 1: the alias *a; write what it stands for in its place"),
    (b"a: " + b"[" * 100_000, "line 1: more than 16 lists or sections within each other"),
    (b"# " + b"x" * 2**20, "more than 1 MiB; this file is for knobs, not for data"),
]


@pytest.mark.parametrize(("content", "sentence"), FILES, ids=[content[:20].hex() for content, _ in FILES])
def test_a_file_that_holds_no_knobs_ends_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_mapping(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml: no such file; run this in the folder that holds it"):
        read_mapping(tmp_path / "nowhere.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "pipe.yaml"):
        with pytest.raises(UserError, match="not a file; name the file that holds the knobs"):
            read_mapping(path)
    with pytest.raises(UserError, match="cannot be read: File name too long"):
        read_mapping(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").touch(0o000)
    with pytest.raises(UserError, match=r"params\.yaml: cannot be read: Permission denied"):
        read_mapping(tmp_path / "params.yaml")


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (REPOSITORY / "params.yaml").read_bytes())
    assert load_params(path) == load_params(REPOSITORY / "params.yaml")


def test_values_are_those_of_yaml_1_2_as_dvc_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("a: 1e-4\nb: 010\nc: no\nd: 0o10\ne: 1:30\n")
    assert read_mapping(path) == {"a": 1e-4, "b": 10, "c": "no", "d": 8, "e": "1:30"}


def test_sections_become_dotted_paths_and_an_empty_one_is_a_value() -> None:
    nested = {"pad": {"sides": ["pre"], "more": {"x": 1}}, "audit": {}, "train.epochs": 3}
    assert dict(dotted(nested)) == {"pad.sides": ["pre"], "pad.more.x": 1, "audit": {}, "train.epochs": 3}
    assert list(dotted({})) == []
    assert dict(dotted(nested["pad"], "pad")) == {"pad.sides": ["pre"], "pad.more.x": 1}
    assert list(dotted(None, "pad")) == [("pad", None)]
