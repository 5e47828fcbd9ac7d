import errno
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.runtime.paths import states_file, states_of
from stages.states.reader import aligned_batches, read_metadata, read_readout, states_batches
from stages.states.schema import StatesMetadata
from stages.states.writer import states_writer

WIDTHS = {"probability": 2, "h_lstm_1": 3, "c_lstm_1": 3, "head": 3}


def metadata(condition="pads-0"):
    return StatesMetadata("post", "baseline", 7, condition, ("no", "yes"), "abc", "def", WIDTHS)


def columns(text_id, seed=0):
    generator = np.random.default_rng(seed)
    n = len(text_id)
    keys = {
        "text_id": np.array(text_id),
        "label": np.arange(n, dtype=np.int32) % 2,
        "length": np.full(n, 5, np.int32),
        "pads": np.full(n, 4, np.int32),
    }
    return keys | {name: generator.normal(size=(n, width)).astype(np.float32) for name, width in WIDTHS.items()}


def write(path: Path, *batches, **kwargs):
    with states_writer(path, metadata(**kwargs)) as writer:
        for batch in batches:
            writer.add(batch, "test")
    return path


def test_what_is_written_is_what_is_read(tmp_path):
    first, second = columns([3, 1], seed=1), columns([9], seed=2)
    path = write(tmp_path / "a.parquet", first, second)
    batches = list(states_batches(path, ["h_lstm_1", "head"], batch_rows=2))
    assert [batch.text_id.tolist() for batch in batches] == [[3, 1], [9]]
    np.testing.assert_array_equal(batches[0].vectors["h_lstm_1"], first["h_lstm_1"])
    np.testing.assert_array_equal(batches[1].vectors["head"], second["head"])
    np.testing.assert_array_equal(batches[1].probability, second["probability"])
    assert read_metadata(path) == metadata()


def test_pandas_and_duckdb_read_the_contract(tmp_path):
    data = columns([3, 1, 2])
    path = write(tmp_path / "a.parquet", data)
    frame = pd.read_parquet(path)
    assert list(frame) == ["text_id", "label", "length", "pads", "split", *WIDTHS]
    np.testing.assert_array_equal(np.stack(frame["head"]), data["head"])
    row = duckdb.sql(f"select text_id, split, c_lstm_1[2] from '{path}' where text_id = 1").fetchall()[0]
    assert row == (1, "test", pytest.approx(data["c_lstm_1"][1, 1]))


def test_the_layout_on_disk(tmp_path):
    file = pq.ParquetFile(write(tmp_path / "a.parquet", columns(range(5))))
    assert all(not field.nullable for field in file.schema_arrow)
    group = file.metadata.row_group(0)
    by_path = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    head, key = by_path["head.list.element"], by_path["text_id"]
    assert head.compression == key.compression == "ZSTD"
    assert "BYTE_STREAM_SPLIT" in head.encodings
    assert not any("DICTIONARY" in encoding for encoding in head.encodings)
    assert key.is_stats_set
    assert not head.is_stats_set


def test_row_groups_stay_near_sixteen_mebibytes(tmp_path, monkeypatch):
    monkeypatch.setattr("stages.runtime.parquet.ROW_GROUP_BYTES", 1000)
    file = pq.ParquetFile(write(tmp_path / "a.parquet", *(columns(range(10)) for _ in range(6))))
    rows = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sum(rows) == 60
    assert set(rows) == {20}


def test_pairs_of_other_texts_are_refused(tmp_path):
    one = write(tmp_path / "pads-0.parquet", columns([1, 2, 3]))
    other = write(tmp_path / "pads-4.parquet", columns([1, 3, 2]))
    short = write(tmp_path / "pads-8.parquet", columns([1, 2]))
    for path in (other, short):
        with pytest.raises(UserError, match=f"{path.name}: they do not hold the same texts in the same order"):
            list(aligned_batches([one, path], ["head"]))


@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_a_file_cut_in_half_is_one_sentence(tmp_path, keep):
    path = write(tmp_path / "pads-0.parquet", columns(range(500)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(UserError, match=r"pads-0\.parquet: the file is cut off or damaged .*delete it and run"):
        list(states_batches(path, ["head"]))


def test_a_hole_in_the_middle_is_one_sentence(tmp_path):
    path = write(tmp_path / "pads-0.parquet", columns(range(5000)))
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)
    with pytest.raises(UserError, match="cut off or damaged"):
        list(states_batches(path, ["head", "h_lstm_1", "c_lstm_1"]))


def test_other_files_are_told_apart(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_metadata(tmp_path / "a.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(UserError, match="not one of hidden states"):
        read_metadata(tmp_path / "b.parquet")
    path = write(tmp_path / "c.parquet", columns([1]))
    with pytest.raises(UserError, match="no column h_lstm_2, it has text_id, .* c_lstm_1, head; delete it"):
        list(states_batches(path, ["h_lstm_2"]))


def test_nothing_is_left_of_a_file_whose_disk_filled_up(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(UserError, match=r"a\.parquet: the disk is full"):
        write(tmp_path / "a.parquet", columns([1]))
    assert list(tmp_path.iterdir()) == []


def test_a_vector_of_another_width_is_a_fault_of_the_program(tmp_path):
    data = columns([1, 2])
    data["head"] = data["head"][:, :2]
    with pytest.raises(ValueError, match="head: shape"):
        write(tmp_path / "a.parquet", data)
    assert list(tmp_path.iterdir()) == []


def test_where_a_condition_lies():
    path = states_file(states_of(Path("data/states"), "pre", "masked", 3), "pads-8")
    assert path == Path("data/states/variant=masked/side=pre/seed=3/condition=pads-8/states.parquet")


def test_a_readout_that_is_missing_or_damaged_is_one_sentence(tmp_path):
    path = tmp_path / "readout.npy"
    with pytest.raises(UserError, match=r"readout\.npy: no such file; run `dvc repro`"):
        read_readout(path)
    np.save(path, np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(read_readout(path), [[0, 1], [2, 3], [4, 5]])
    for content in (path.read_bytes()[:-8], b"", b"no array"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"readout\.npy: not a readable array .*; delete it and run `dvc repro`"):
            read_readout(path)
