"""What is known of a dataset before a stage has read it."""

import numpy as np
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


def test_the_first_rows_of_a_large_file_do_not_tell_its_splits(make_params, tmp_path, monkeypatch):
    """The test split stood first, and all texts but one were taken for it."""
    rows = [f"one two three four five,positive,{split}" for split in ("test", "train") for _ in range(1000)]
    write(tmp_path, *rows, header="text,label,split")
    monkeypatch.setattr(module, "MOST_CHARACTERS", 500)
    texts = texts_of(make_params({**TABLE, "datasets.mr.split": "split"}), tmp_path)
    assert texts.splits["train"] == pytest.approx(0.6 * texts.total, abs=1)


def test_a_missing_or_broken_file_is_named_at_once(make_params, tmp_path):
    with pytest.raises(UserError, match=r"mr\.csv: no such file"):
        texts_of(make_params(TABLE), tmp_path)
    write(tmp_path, "a,b,c")
    with pytest.raises(UserError, match="line 2 has 3 fields"):
        texts_of(make_params(TABLE), tmp_path)


def test_nothing_is_known_before_a_download(make_params, tmp_path):
    assert texts_of(make_params({"dataset": "imdb"}), tmp_path) is None
