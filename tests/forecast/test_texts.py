"""What is known of a dataset before a stage has read it."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.forecast import texts as module
from stages.forecast.texts import SUBWORDS, texts_of

TABLE = {"datasets.mr.file": "mr.csv", "dataset": "mr"}


def write(folder, *rows, header="text,label"):
    (folder / "mr.csv").write_text("\n".join([header, *rows]) + "\n")


def test_the_grammar_is_not_run(make_params, tmp_path):
    changes = {"texts": 10**9, "vocabulary": 10_000_000, "median_length": 20, "longest": 400}
    texts = texts_of(make_params({f"datasets.synthetic.{key}": value for key, value in changes.items()}), tmp_path)
    assert texts.splits == {"train": 600_000_000, "validation": 150_000_000, "test": 250_000_000}
    assert texts.tokens == pytest.approx(20 * np.exp(0.6**2 / 2), rel=0.01), "the mean of a log-normal"


def test_words_and_rows_of_a_table_are_counted(make_params, tmp_path):
    write(tmp_path, *["a film, and good,pos".replace(", and", " and"), '"bad, bad film",neg'] * 10)
    texts = texts_of(make_params(TABLE), tmp_path)
    assert texts.lengths.tolist() == [0, 0, 0, 0, 20]
    assert texts.splits == {"train": 12, "validation": 3, "test": 5}
    assert texts_of(make_params({**TABLE, "corpus.max_texts": 10}), tmp_path).total == 10
    assert texts_of(make_params({**TABLE, "tokenize.kind": "bpe"}), tmp_path).tokens == round(SUBWORDS * 4)


def test_the_splits_of_a_dataset_are_its_own(make_params, tmp_path):
    write(tmp_path, *["a,x,train"] * 80, *["a,x,test"] * 20, header="text,label,split")
    texts = texts_of(make_params({**TABLE, "datasets.mr.split": "split"}), tmp_path)
    assert texts.splits == {"train": 65, "validation": 15, "test": 20}


def test_of_a_large_file_the_size_tells_the_number_of_rows(make_params, tmp_path, monkeypatch):
    write(tmp_path, *["one two three four five,positive"] * 1000)
    monkeypatch.setattr(module, "MOST_CHARACTERS", 500)
    assert texts_of(make_params(TABLE), tmp_path).total == pytest.approx(1000, rel=0.5)


def test_test_rows_that_come_first_do_not_make_the_rest_seem_test_rows(make_params, tmp_path, monkeypatch):
    write(tmp_path, *["a b c,x,test"] * 500, *["a b c,x,train"] * 500, header="text,label,split")
    monkeypatch.setattr(module, "MOST_CHARACTERS", 500)
    texts = texts_of(make_params({**TABLE, "datasets.mr.split": "split"}), tmp_path)
    assert texts.splits["train"] / texts.total == pytest.approx(0.6, abs=0.01), "as corpus.validation and corpus.test"


def test_the_files_of_a_folder_are_its_splits(make_params, tmp_path):
    for split, rows in (("train", 80), ("test", 20)):
        (tmp_path / "mr").mkdir(exist_ok=True)
        pq.write_table(pa.table({"text": ["a"] * rows, "label": ["x"] * rows}), tmp_path / "mr" / f"{split}.parquet")
    assert texts_of(make_params({**TABLE, "datasets.mr.file": "mr"}), tmp_path).splits["test"] == 20


@pytest.mark.parametrize("ending", ["csv.gz", "parquet"])
def test_of_a_large_packed_file_the_rows_are_those_inside(make_params, tmp_path, monkeypatch, ending):
    texts = [" ".join(map(str, numbers)) for numbers in np.random.default_rng(0).integers(0, 100, (100_000, 8))]
    if ending == "parquet":
        pq.write_table(pa.table({"text": texts, "label": ["x"] * len(texts)}), tmp_path / f"mr.{ending}")
    else:
        rows = "text,label\n" + "\n".join(f"{text},x" for text in texts)
        (tmp_path / f"mr.{ending}").write_bytes(gzip.compress(rows.encode()))
    monkeypatch.setattr(module, "MOST_CHARACTERS", 500_000)
    found = texts_of(make_params({**TABLE, "datasets.mr.file": f"mr.{ending}"}), tmp_path)
    assert found.total == pytest.approx(len(texts), rel=0 if ending == "parquet" else 0.3)


def test_a_missing_or_broken_file_is_named_at_once(make_params, tmp_path):
    with pytest.raises(UserError, match=r"mr\.csv: no such file"):
        texts_of(make_params(TABLE), tmp_path)
    write(tmp_path, "a,b,c")
    with pytest.raises(UserError, match="line 2 has 3 fields"):
        texts_of(make_params(TABLE), tmp_path)


def test_nothing_is_known_before_a_download(make_params, tmp_path):
    assert texts_of(make_params({"dataset": "imdb"}), tmp_path) is None
