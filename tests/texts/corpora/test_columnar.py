import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.tables import table

COLUMNS = Columns("text", "label")
ROWS = [("good film", "1", None), ("bad film", "0", None)]


def write_parquet(path, texts, labels=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"text": texts, "label": labels or [0] * len(texts)}), path)


def write_arrow(path, texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    content = pa.table({"text": texts, "label": [0] * len(texts), "more": [[1.5]] * len(texts)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, content.schema) as stream:
        stream.write_table(content)


def read(path, columns=COLUMNS):
    return [(record.text, record.label, record.split) for record in table(path, columns).texts]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", "text,label\ngood film,1\nbad film,0\n"),
        ("a.TSV.GZ", "text\tlabel\ngood film\t1\nbad film\t0\n"),
        ("a.jsonl.gz", '{"text": "good film", "label": 1}\n{"text": "bad film", "label": 0}\n'),
        ("a.json", '{"text": "good film", "label": 1}\n{"text": "bad film", "label": 0}\n'),
    ],
)
def test_packed_tables_and_json_lines_are_read_as_they_are(tmp_path, name, content):
    data = content.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    assert read(tmp_path / name) == ROWS


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_numbers_of_a_class_label_have_their_names(tmp_path, ending):
    """As `datasets` writes them: the names stand in the schema, and -1 is a text without a label."""
    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["neg", "pos"], "_type": "ClassLabel"},
    }
    content = pa.table({"label": [1, 0, -1, 7], "text": ["a", "b", "c", "d"]}).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    path = tmp_path / f"train.{ending}"
    if ending == "parquet":
        pq.write_table(content, path)
        assert [label for _, label, _ in read(path)] == ["pos", "neg", None, "7"]
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, content.schema) as stream:
            stream.write_table(content)
    assert [label for _, label, _ in read(tmp_path)] == ["pos", "neg", None, "7"]


FOLDERS = {
    "of the hub": {
        "data/train-00000-of-00002.parquet": "train",
        "data/train-00001-of-00002.parquet": "train",
        "data/validation-00000-of-00001.parquet": "validation",
        "data/Test-00000-of-00001.parquet": "test",
    },
    "of converted files": {"test/0000.parquet": "test", "train/0000.parquet": "train"},
    "of save_to_disk": {"test/data-00000-of-00001.arrow": "test", "train/data-00000-of-00001.arrow": "train"},
    "without splits": {"data-00000-of-00001.arrow": None},
    "by names alone": {"dev.parquet": "dev", "train.parquet": "train"},
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_of_datasets_is_read_with_the_splits_that_its_files_name(tmp_path, kind):
    folder = tmp_path / "films"
    for shard in FOLDERS[kind]:
        (write_arrow if shard.endswith(".arrow") else write_parquet)(folder / shard, [f"{shard} 0", f"{shard} 1"])
    (folder / "README.md").write_text("what it is")
    (folder / "dataset_info.json").write_text(json.dumps({}))
    write_arrow(folder / "cache-1f.arrow", ["not a text"])
    records = list(table(folder, COLUMNS).texts)
    expected = [(f"{shard} {row}", split) for shard, split in sorted(FOLDERS[kind].items()) for row in range(2)]
    assert [(record.text, record.split) for record in records] == expected
    assert [record.text_id for record in records] == list(range(len(expected)))
    assert records[1].place.endswith(", row 1")


def test_a_column_of_splits_counts_more_than_the_files_names(tmp_path):
    content = pa.table({"text": ["a"], "label": [0], "fold": ["test"]})
    pq.write_table(content, tmp_path / "train-0.parquet")
    assert read(tmp_path, Columns("text", "label", "fold")) == [("a", "0", "test")]


@pytest.mark.parametrize(
    ("shards", "words"),
    [
        ((), ("a folder without any file of .parquet or .arrow",)),
        (("train-0.parquet", "unsupervised-0.parquet"), ("unsupervised-0.parquet begins with no split", "take it out")),
        (("de/train-0.parquet", "en/train-0.parquet"), ("more than one table: de, en", "name one of these folders")),
    ],
)
def test_a_folder_that_says_too_little_is_refused(tmp_path, shards, words):
    for shard in shards:
        write_parquet(tmp_path / shard, ["a"])
    with pytest.raises(UserError) as caught:
        read(tmp_path)
    assert [word for word in (str(tmp_path), *words) if word not in str(caught.value)] == [], str(caught.value)


def test_a_damaged_file_of_a_folder_is_named(tmp_path):
    write_parquet(tmp_path / "test-0.parquet", ["a"])
    (tmp_path / "train-0.parquet").write_bytes(b"none")
    (tmp_path / "train-1.arrow").write_bytes(b"none")
    with pytest.raises(UserError, match=r"train-0\.parquet: damaged, or not a parquet file"):
        read(tmp_path)
    (tmp_path / "train-0.parquet").unlink()
    with pytest.raises(UserError, match=r"train-1\.arrow: damaged, or not a arrow file"):
        read(tmp_path)


def test_an_arrow_file_whose_offsets_point_anywhere_is_damaged_and_ends_no_process(tmp_path):
    path = tmp_path / "train-0.arrow"
    write_arrow(path, ["good film", "bad film"])
    offsets = np.array([0, 9, 17], np.int32).tobytes()
    content = path.read_bytes()
    assert offsets in content
    path.write_bytes(content.replace(offsets, np.array([0, 9, 2**30], np.int32).tobytes()))
    with pytest.raises(UserError, match=r"train-0\.arrow: damaged"):
        read(tmp_path)


def test_too_little_memory_is_not_told_as_a_damaged_file(tmp_path, monkeypatch):
    def too_little(*_args, **_options):
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    write_parquet(tmp_path / "a.parquet", ["good film"])
    monkeypatch.setattr(pq, "ParquetFile", too_little)
    with pytest.raises(MemoryError):
        read(tmp_path / "a.parquet")
