"""What was edited while a stage ran is not recorded as what it used."""

import os
import sys
from pathlib import Path

import pytest

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import whole_folder
from stages.runtime.inputs import UNWATCHED, Inputs
from tests.conftest import REPOSITORY

DVC_YAML = """
stages:
  train:
    matrix: {variant: [a]}
    cmd: train --variant ${item.variant}
    deps: [data, code.py, missing, "models/${item.variant}"]
    params: [dataset, "datasets.${dataset}", train.epochs, "variants.${item.variant}", pad]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / "params.yaml").write_text((REPOSITORY / "params.yaml").read_text())
    for name in ("data/a.csv", "data/below/b.csv", "code.py", "models/masked/m", "models/gru/m"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    return tmp_path


@pytest.fixture
def ending(monkeypatch, capsys):
    """How a stage ends while which something is edited: its code and sentence, "" where it ends well."""

    def run_with(edit) -> tuple[object, str]:
        def train(params: Params, *, variant: str, out: Path) -> None:
            """A stage that reads everything at its beginning."""
            with whole_folder(out) as folder:
                (folder / "new").touch()
                edit()

        monkeypatch.setattr(sys, "argv", ["train", "--variant", "masked", "--out", "out"])
        try:
            run(train)
        except SystemExit as end:
            return end.code, capsys.readouterr().err
        return 0, ""

    return run_with


def edited(old: str, new: str):
    def edit() -> None:
        text = Path("params.yaml").read_text()
        assert old in text
        Path("params.yaml").write_text(text.replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  epochs: 10", "  epochs: 3", "train.epochs was 10 and is 3"),
        ("  truncate: ", "  max_texts: 5\n  truncate: ", "pad.max_texts was not there and is 5"),
        ("dataset: synthetic", "dataset: mr", "dataset was synthetic and is mr"),
        ("    texts: 4000", "    texts: 40", "datasets.synthetic.texts was 4000 and is 40"),
        (
            "  masked:\n    mask: embedding",
            "  masked:\n    mask: none",
            "variants.masked.mask was embedding and is none",
        ),
    ],
)
def test_a_value_of_the_stage_that_was_edited_ends_it_and_nothing_is_kept(folder, ending, old, new, told):
    (folder / "out").mkdir()
    (folder / "out" / "old").touch()
    sentence = f"train: error: params.yaml was edited while train ran: {told}; run again\n"
    assert ending(edited(old, new)) == (2, sentence)
    assert [path.name for path in folder.glob("out*/*")] == ["old"]


def test_a_file_that_is_no_yaml_any_more_is_a_sentence_too(folder, ending):
    code, told = ending(edited("dataset: synthetic", "dataset: [synthetic"))
    assert (code, told.count("\n")) == (2, 1)
    assert "params.yaml: not valid YAML" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Batches", "# Bundles"),
        ("  batch_size: 32", "  batch_size: 64"),
        ("  gru:\n    mask: none", "  gru:\n    mask: embedding"),
        ("    file: mr.csv", "    file: mine.csv"),
    ],
)
def test_a_comment_or_a_key_of_another_stage_does_not(folder, ending, old, new):
    (folder / "params.yaml").write_text("# Batches\n" + (folder / "params.yaml").read_text())
    assert ending(edited(old, new)) == (0, "")
    assert (folder / "out" / "new").exists()


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("code.py", "changed"),
        ("data/below/b.csv", "changed"),
        ("models/masked/m", "changed"),
        ("missing", "added"),
        ("data/new.csv", "added"),
        ("data/a.csv", "removed"),
    ],
)
def test_a_file_of_the_stage_that_was_edited_ends_it(folder, ending, path, how):
    edit = Path(path).unlink if how == "removed" else lambda: Path(path).write_text("new")
    assert ending(edit) == (2, f"train: error: {path} was {how} while train ran; nothing was kept, so run again\n")
    assert not (folder / "out").exists()


def test_a_large_file_is_told_by_its_time(folder, ending):
    large = folder / "data" / "a.csv"
    large.write_bytes(bytes(2**21))
    os.utime(large, ns=(1, 1))
    assert ending(lambda: os.utime(large, ns=(2, 2)))[0] == 2


@pytest.mark.parametrize(
    "path",
    [
        "models/gru/m",
        "data/x.0123abcd.partial",
        "data/__pycache__/b.pyc",
        "data/__pycache__/b.cpython-311.pyc.1402",
        "data/.b.csv.swp",
        "data/b.csv~",
        "data/below/.DS_Store",
    ],
)
def test_files_that_dvc_does_not_watch_for_the_stage_do_not(folder, ending, path):
    def edit() -> None:
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text("new")

    assert ending(edit) == (0, "")


def test_what_is_not_watched_is_what_dvc_ignores():
    lines = (REPOSITORY / ".dvcignore").read_text().splitlines()
    assert {line.rstrip("/") for line in lines if not line.startswith("#")} == set(UNWATCHED)


def test_a_file_written_again_as_it_was_does_not(folder, ending):
    assert ending(lambda: Path("code.py").write_text("old")) == (0, "")


def test_files_that_nobody_touched_are_read_once_however_many_tasks_end(folder, monkeypatch):
    inputs = Inputs("train", {"variant": "masked"}, Path("params.yaml"))
    read = []
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or b"old")
    inputs.check()
    assert read == []
    os.utime("code.py")
    inputs.check()
    inputs.check()
    assert read == ["code.py"]


def test_an_edit_that_leaves_size_and_time_of_writing_is_seen(folder, ending):
    def edit() -> None:
        before = Path("code.py").stat()
        Path("code.py").write_text("new")
        os.utime("code.py", ns=(before.st_atime_ns, before.st_mtime_ns))

    assert ending(edit)[0] == 2
