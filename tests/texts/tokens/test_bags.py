"""Which tokens texts hold, and the scratch file that their bags are read from."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.texts.tokens import bag_files
from stages.texts.tokens.bags import ABSENT, feature_columns, presence, texts_with
from stages.texts.tokens.encoding import SCHEMA

TOKENS = np.array([2, 5, 2, 1, 3, 3, 5], dtype=np.int32)
LENGTH = np.array([3, 1, 3], dtype=np.int32)
"""Three texts: 2 5 2, 1, and 3 3 5."""


def test_a_token_counts_once_for_each_text_that_holds_it():
    assert texts_with(TOKENS, LENGTH, 6).tolist() == [0, 1, 1, 1, 0, 2]


def test_the_tokens_of_the_most_texts_are_features_and_ties_go_to_the_lower_index():
    texts = np.array([90, 80, 5, 7, 5, 0])
    assert feature_columns(texts, 2, (0, 1)).tolist() == [ABSENT, ABSENT, 0, 1, ABSENT, ABSENT]
    assert feature_columns(texts, 99, (0, 1)).tolist() == [ABSENT, ABSENT, 0, 1, 2, ABSENT]


def test_presence_is_one_however_often_a_token_stands_in_a_text():
    present = presence(TOKENS, LENGTH, np.array([ABSENT, ABSENT, 0, 1, ABSENT, 2]))
    assert present.toarray().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_scratch_file_gives_back_the_bags(size, tmp_path, monkeypatch):
    """A text without any feature among them."""
    monkeypatch.setattr(bag_files, "BATCH_TEXTS", size)
    columns = np.array([-1, -1, 0, 1, 2])
    texts = [([2, 4, 4], 1), ([1], 0), ([3], 1)]
    path = tmp_path / "train.parquet"
    rows = [
        {"text_id": number, "label": label, "tokens": tokens, "length": len(tokens)}
        for number, (tokens, label) in enumerate(texts)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    corpus = bag_files.bags_of(path, columns, tmp_path / "scratch")
    for _ in range(2):
        batches = list(corpus())
        present = np.concatenate([bags.present.toarray() for bags in batches])
        assert present.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
        assert np.concatenate([bags.label for bags in batches]).tolist() == [1, 0, 1]
