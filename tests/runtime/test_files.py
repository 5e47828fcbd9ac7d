import errno
import json
from pathlib import Path

import pytest

from stages.errors import UserError
from stages.runtime.files import partials, read_json, whole_file, whole_folder, write_json
from stages.stats.rounding import significant


def test_a_file_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    with pytest.raises(RuntimeError), whole_file(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []
    with whole_file(path) as partial:
        partial.write_text("whole")
        assert not path.exists()
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_folder_leaves_the_old_one_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with whole_folder(folder) as partial:
        (partial / "old").touch()
    with pytest.raises(RuntimeError), whole_folder(folder) as partial:
        (partial / "new").touch()
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert [p.name for p in folder.iterdir()] == ["old"]


def test_a_folder_replaces_the_old_one_and_what_a_killed_run_left(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    left = tmp_path / "out.0123abcd.partial"
    left.mkdir()
    (left / "left behind").touch()
    with whole_folder(tmp_path / "out") as partial:
        (partial / "new").touch()
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["new"]


def test_a_file_replaces_what_a_killed_run_left_and_nothing_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.0123abcd.partial").touch()
    (tmp_path / "a.txt.0123abcd.partial").touch()
    with whole_file(tmp_path / "a") as partial:
        partial.touch()
        assert partials(tmp_path / "a") == [partial]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "a.txt.0123abcd.partial"}


def test_of_two_that_write_the_same_folder_the_last_to_begin_wins(tmp_path: Path) -> None:
    """As when a worker that was given up goes on with what another one begins again."""
    first, second = whole_folder(tmp_path / "out"), whole_folder(tmp_path / "out")
    slow = first.__enter__()
    (slow / "slow").touch()
    quick = second.__enter__()
    (quick / "quick").touch()
    with pytest.raises(FileNotFoundError):
        first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["quick"]


def test_the_first_of_two_that_loses_leaves_the_folder_that_the_second_finished(tmp_path: Path) -> None:
    first = whole_folder(tmp_path / "out")
    first.__enter__()
    with whole_folder(tmp_path / "out") as quick:
        (quick / "quick").touch()
    with pytest.raises(FileNotFoundError):
        first.__exit__(None, None, None)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["quick"]


def test_a_folder_is_whole_without_what_a_killed_worker_left_in_it(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as partial:
        (partial / "seed=0.0123abcd.partial").mkdir()
        (partial / "seed=0").mkdir()
        (partial / "seed=0" / "pads-0.parquet.0123abcd.partial").touch()
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["seed=0"]


@pytest.mark.parametrize("manager", [whole_file, whole_folder])
def test_a_full_disk_is_one_sentence(tmp_path: Path, manager: object) -> None:
    with pytest.raises(UserError, match=r"out: the disk is full, so it was not written; free some space and run again"):
        with manager(tmp_path / "out"):  # type: ignore[operator]
            raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_json_is_sorted_and_refuses_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": [0.5]})
    assert (tmp_path / "a.json").read_text() == '{\n  "a": [\n    0.5\n  ],\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="nan"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()


def test_unreadable_json_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.json: no such file"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text(json.dumps({"a": 1})[:-1])
    with pytest.raises(UserError, match=r"a\.json: not valid JSON"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.0, 0.0), (1234.56, 1235.0), (0.000123456, 0.0001235), (-9.99999, -10.0)]
)
def test_significant_digits(value: float, rounded: float) -> None:
    assert significant(value) == rounded
