from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.runtime.parquet import ROW_GROUP_BYTES, record_batches, row_group_writer
from stages.texts.tokens.padded import padded_batches, read_padded
from stages.texts.tokens.padding import padded_schema

ROWS = [[0, 1, 2], [3, 4, 5], [0, 0, 6], [0, 7, 8], [9, 9, 9]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    schema = padded_schema(3)
    columns = [
        pa.array(range(10, 15), pa.int64()),
        pa.array([0, 1, 0, 1, 1], pa.int32()),
        pa.array(ROWS, schema.field("tokens").type),
        pa.array([2, 3, 1, 2, 3], pa.int32()),
    ]
    # Two row groups whose borders are not those of the batches read.
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), tmp_path / "test.parquet", row_group_size=3)
    return tmp_path / "test.parquet"


@pytest.mark.parametrize("batch_size", [1, 2, 4, 100])
def test_batches_hold_every_row_once_and_in_order(path: Path, batch_size: int) -> None:
    batches = list(padded_batches(path, batch_size))
    assert all(len(batch.text_id) <= batch_size for batch in batches)
    assert np.concatenate([batch.tokens for batch in batches]).tolist() == ROWS
    assert np.concatenate([batch.text_id for batch in batches]).tolist() == [10, 11, 12, 13, 14]
    assert np.concatenate([batch.label for batch in batches]).tolist() == [0, 1, 0, 1, 1]
    assert np.concatenate([batch.length for batch in batches]).tolist() == [2, 3, 1, 2, 3]


def test_a_file_read_as_a_whole_is_its_batches_together(path: Path) -> None:
    whole = read_padded(path)
    assert whole.tokens.tolist() == ROWS
    assert whole.length.tolist() == [2, 3, 1, 2, 3]
    assert [whole.text_id.dtype, whole.label.dtype, whole.tokens.dtype, whole.length.dtype] == [
        np.int64, np.int32, np.int32, np.int32,
    ]  # fmt: skip


def test_a_missing_file_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.parquet: no such file; run `dvc repro`"):
        read_padded(tmp_path / "none.parquet")


def test_texts_of_different_lengths_are_refused(tmp_path: Path) -> None:
    table = pa.table({"text_id": [1], "label": [0], "tokens": [[1, 2]], "length": [2]})
    pq.write_table(table, tmp_path / "tokens.parquet")
    with pytest.raises(UserError, match="not padded to one width"):
        list(padded_batches(tmp_path / "tokens.parquet", 5))


def test_a_file_without_the_columns_is_refused_by_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text_id": [1]}), tmp_path / "other.parquet")
    with pytest.raises(UserError, match="no column label, tokens, length"):
        read_padded(tmp_path / "other.parquet")


def test_a_file_cut_off_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="cut off or damaged"):
        read_padded(path)


def test_a_file_damaged_inside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"n": list(range(100_000))}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[100:20_000] = b"\xff" * 19_900
    path.write_bytes(content)
    with pytest.raises(UserError, match="cut off or damaged"):
        list(record_batches(path, ["n"], 1000))


def test_small_batches_are_gathered_into_row_groups(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64())])
    batch = pa.record_batch([pa.array(np.arange(ROW_GROUP_BYTES // 80))], schema=schema)
    with row_group_writer(tmp_path / "n.parquet", schema) as writer:
        for _ in range(25):
            writer.write(batch)
    metadata = pq.read_metadata(tmp_path / "n.parquet")
    assert metadata.num_row_groups == 3
    assert metadata.num_rows == 25 * batch.num_rows


def test_a_file_of_no_rows_still_has_its_columns(tmp_path: Path) -> None:
    schema = padded_schema(4)
    with row_group_writer(tmp_path / "none.parquet", schema):
        pass
    assert read_padded(tmp_path / "none.parquet").tokens.shape == (0, 4)
