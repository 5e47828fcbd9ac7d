"""Which tokens texts hold."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.texts.tokens import bags
from stages.texts.tokens.encoding import SCHEMA

TEXTS = [([2, 5, 2], 1), ([1], 0), ([3, 3, 5], 1)]


@pytest.fixture(params=[1, 2, 1024])
def path(request, tmp_path, monkeypatch):
    """A tokens file, read so many texts at a time."""
    monkeypatch.setattr(bags, "BATCH_TEXTS", request.param)
    rows = [
        {"text_id": number, "label": label, "tokens": tokens, "length": len(tokens)}
        for number, (tokens, label) in enumerate(TEXTS)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / "train.parquet")
    return tmp_path / "train.parquet"


def test_the_tokens_of_the_most_texts_are_features_and_ties_go_to_the_lower_index(path):
    """Token 5 stands in two texts; 2 and 3 in one each, however often; 1 is unknown."""
    assert bags.bag_tokens(path, 6, 2).tolist() == [2, 5]
    assert bags.bag_tokens(path, 6, 99).tolist() == [2, 3, 5]


def test_presence_is_one_however_often_a_token_stands_in_a_text(path):
    present, label = bags.bags_of(path, np.array([2, 3, 5]), 6)
    assert present.toarray().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 1]]
    assert label.tolist() == [1, 0, 1]
