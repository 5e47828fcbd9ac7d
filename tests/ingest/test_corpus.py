import hashlib
import json
import re
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from stages.errors import UserError
from stages.ingest import ingest
from stages.runtime.paths import SPLITS
from stages.texts.corpora.write import SCHEMA
from tests.ingest.bench import REPOSITORY, TWO_CLASSES, ids, many
from tests.texts.corpora.rule import decode_label


def test_text_ids_are_the_rows_of_the_file(bench):
    splits, _ = bench.ingest(TWO_CLASSES)
    assert ids(splits) == list(range(60))
    for rows in splits.values():
        assert all(TWO_CLASSES[row["text_id"]][0].strip() == row["text"] for row in rows)


def test_rows_stand_in_the_order_of_the_hash_of_seed_and_text(bench):
    splits, _ = bench.ingest(TWO_CLASSES, seed=5)

    def key(row):
        return int.from_bytes(hashlib.blake2b(f"5\n{row['text']}".encode()).digest()[:8], "big", signed=True)

    for rows in splits.values():
        assert rows == sorted(rows, key=key)
    of_test = {key(row) for row in splits["test"] if row["label"] == 0}
    of_train = {key(row) for row in splits["train"] if row["label"] == 0}
    assert max(of_test) < min(of_train)


def test_the_files_hold_the_three_columns_without_nulls_compressed_by_zstd(bench):
    bench.ingest(TWO_CLASSES)
    for split in SPLITS:
        file = pq.ParquetFile(bench.corpus / f"{split}.parquet")
        assert file.schema_arrow.equals(SCHEMA)
        assert [str(field) for field in file.schema_arrow] == [
            "pyarrow.Field<text_id: int64 not null>",
            "pyarrow.Field<text: string not null>",
            "pyarrow.Field<label: int32 not null>",
        ]
        assert file.metadata.row_group(0).column(1).compression == "ZSTD"


def test_nothing_but_the_products_is_left(bench):
    bench.ingest(TWO_CLASSES)
    assert sorted(path.name for path in bench.corpus.iterdir()) == [
        "summary.json",
        "test.parquet",
        "train.parquet",
        "validation.parquet",
    ]


def test_a_failed_run_keeps_the_corpus_of_the_run_before(bench):
    _, before = bench.ingest(TWO_CLASSES)
    with pytest.raises(UserError):
        bench.ingest(many("pos", 9))
    assert bench.read()[1] == before


def test_the_same_params_give_the_same_bytes_and_another_seed_another_order(bench):
    def content():
        return {path.name: path.read_bytes() for path in bench.corpus.iterdir()}

    first, _ = bench.ingest(TWO_CLASSES, seed=1)
    before = content()
    again, _ = bench.ingest(TWO_CLASSES, seed=1)
    assert content() == before
    other, _ = bench.ingest(TWO_CLASSES, seed=2)
    assert [row["text_id"] for row in other["train"]] != [row["text_id"] for row in again["train"]]
    assert ids(other) == ids(first)


def test_the_checksum_covers_text_class_and_split_in_written_order(bench):
    splits, summary = bench.ingest(TWO_CLASSES)
    lines = [
        json.dumps([row["text"], summary["classes"][row["label"]], split]) + "\n"
        for split in SPLITS
        for row in splits[split]
    ]
    assert summary["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_empty_and_missing_texts_and_labels_are_dropped_and_counted(bench):
    rows = [*TWO_CLASSES, ("", "pos"), ("  \t", "pos"), ("NaN", "neg"), ("nan", ""), ("good", ""), ("good", "NaN")]
    splits, summary = bench.ingest(rows)
    assert ids(splits) == list(range(60))
    assert summary["counts"] == {
        "read": 66,
        "empty": 4,
        "unlabelled": 2,
        "conflicting": 0,
        "duplicates": 0,
        "rare_class": None,
        "unseen_label": 0,
        "available": 60,
        "subsampled_away": 0,
        "kept": 60,
    }


@pytest.mark.parametrize("empty", ["\u200b", "\ufeff", " \u200e\u00ad\n"])
def test_texts_of_format_characters_alone_are_empty(bench, empty):
    _, summary = bench.ingest([*TWO_CLASSES, (empty, "pos")])
    assert (summary["counts"]["empty"], summary["counts"]["kept"]) == (1, 60)


@pytest.mark.parametrize("kind", ["link", "project"])
def test_a_folder_that_dvc_does_not_watch_is_refused(bench, kind):
    place = bench.raw.parent / "elsewhere" if kind == "link" else bench.raw / "sub"
    (place / ".dvc" if kind == "project" else place).mkdir(parents=True)
    if kind == "link":
        (bench.raw / "sub").symlink_to(place)
    words = {"link": "sub: it is a link to a folder", "project": "sub: it holds .dvc, so it is a DVC project"}[kind]
    bench.complaint([], words, "copy mine.csv, or link the file itself, into ", file="sub/mine.csv")


def test_a_link_to_a_file_in_a_folder_is_read(bench):
    (bench.raw.parent / "mine.csv").touch()
    (bench.raw / "sub").mkdir()
    (bench.raw / "sub" / "mine.csv").symlink_to(bench.raw.parent / "mine.csv")
    rows = [(f"text {number}", number % 2) for number in range(20)]
    splits, _ = bench.ingest(rows, file="sub/mine.csv")
    assert sum(map(len, splits.values())) == 20


def test_a_table_without_rows_is_refused(bench):
    bench.complaint([], "mine.csv", "no row has both a text and a label", "0 rows read")


def test_a_text_that_no_file_can_hold_is_refused(bench):
    message = bench.refusal('{"text": "\\ud800", "label": "x"}\n', "mine.jsonl")
    assert re.search(r"mine\.jsonl: row 0 \(line 1\): the text holds.*lone surrogate", message)


def test_texts_with_zero_characters_and_line_ends_survive(bench):
    rows = [*TWO_CLASSES, ("a\x00b", "pos"), ("a\x00c", "neg"), ("two\r\nlines", "pos")]
    splits, summary = bench.ingest(rows)
    texts = {row["text_id"]: row["text"] for rows in splits.values() for row in rows}
    assert (texts[60], texts[61], texts[62]) == ("a\x00b", "a\x00c", "two\r\nlines")
    assert summary["counts"]["conflicting"] == 0


def test_the_synthetic_corpus_joins_its_truth_by_text_id(bench):
    ingest(bench.params("synthetic", {"texts": 1500}), raw=bench.raw, corpus=bench.corpus)
    splits, summary = bench.read()
    truth = json.loads((bench.corpus / "truth.json").read_text(encoding="utf-8"))
    rows = pq.read_table(bench.corpus / "truth.parquet").to_pylist()
    kept = [row for split in splits.values() for row in split]
    assert summary["classes"] == truth["classes"] == ["negative", "positive"]
    assert len(kept) >= 1480
    assert all(decode_label(row["text"], truth) == rows[row["text_id"]]["label"] for row in kept)
    wrong = sum(row["label"] != rows[row["text_id"]]["label"] for row in kept)
    assert 0.02 < wrong / len(kept) < 0.08


def test_the_command_tells_what_was_kept_and_dropped(bench, tmp_path):
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    content["dataset"] = "mr"
    YAML(typ="safe").dump(content, tmp_path / "params.yaml")
    (bench.raw / "mr.csv").write_text(
        "text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(20)) + "text 0,0\n,1\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "stages.ingest", "--params", str(tmp_path / "params.yaml")]
    command += ["--raw", str(bench.raw), "--corpus", str(bench.corpus)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "mr: kept 20 of 22 texts in 2 classes: train 12, validation 4, test 4",
        "mr: dropped: 1 empty, 1 duplicates",
    ]
    (bench.raw / "mr.csv").unlink()
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Pang & Lee 2005" in done.stderr
    assert "Traceback" not in done.stderr


PEAK = """
import resource, sys
from pathlib import Path
from stages.ingest import ingest
from stages.params.schema import load_params
from stages.runtime.paths import SPLITS
ingest(load_params(Path(sys.argv[1])), raw=Path("none"), corpus=Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in another unit elsewhere")
def test_memory_does_not_grow_with_the_number_of_texts(tmp_path):
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    peaks = []
    for texts in (50_000, 250_000):
        content["datasets"]["synthetic"]["texts"] = texts
        YAML(typ="safe").dump(content, tmp_path / "params.yaml")
        command = [sys.executable, "-c", PEAK, str(tmp_path / "params.yaml"), str(tmp_path / "corpus")]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.splitlines()[-1]))
    # Kilobytes: 200,000 texts more, of 60 bytes and more each, would need at least 12,000 merely to be held.
    assert peaks[1] - peaks[0] < 20_000
