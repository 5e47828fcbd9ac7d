import numpy as np
import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from stages.errors import UserError
from stages.texts.tokens.encoding import SCHEMA, Encoded, WholeEncoder, encoded, token_rows


@pytest.fixture
def tokenizer() -> Tokenizer:
    own = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "a": 2, "b": 3, "c": 4}, unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return own


def encode(tokenizer: Tokenizer, texts: list[str]) -> Encoded:
    return encoded(WholeEncoder(tokenizer), pa.array(texts), np.arange(100, 100 + len(texts)))


def test_tokens_stand_one_text_behind_the_other(tokenizer: Tokenizer) -> None:
    texts = encode(tokenizer, ["a b", "", "c x a"])
    assert texts.tokens.tolist() == [2, 3, 4, 1, 2]
    assert texts.length.tolist() == [2, 0, 3]
    assert (texts.tokens.dtype, texts.length.dtype) == (np.int32, np.int32)


@pytest.mark.parametrize(
    ("texts", "text_id"), [(["[PAD]"], 100), (["a b", "", "[PAD] a"], 102), (["a", "", "b [PAD]", "c"], 102)]
)
def test_a_text_that_becomes_padding_is_refused_by_its_id(tokenizer: Tokenizer, texts: list[str], text_id: int) -> None:
    with pytest.raises(UserError, match=rf"text_id {text_id}: .*padding token '\[PAD\]'"):
        encode(tokenizer, texts)


def test_texts_without_tokens_are_left_out_of_the_rows(tokenizer: Tokenizer) -> None:
    keys = pa.record_batch({"text_id": pa.array([7, 8, 9]), "label": pa.array([0, 1, 2], pa.int32())})
    rows = token_rows(keys, encode(tokenizer, ["", "a b", "c"]))
    assert rows.schema == SCHEMA
    assert rows.to_pylist() == [
        {"text_id": 8, "label": 1, "tokens": [2, 3], "length": 2},
        {"text_id": 9, "label": 2, "tokens": [4], "length": 1},
    ]


def test_texts_that_are_all_empty_give_no_rows(tokenizer: Tokenizer) -> None:
    keys = pa.record_batch({"text_id": pa.array([7]), "label": pa.array([0], pa.int32())})
    assert token_rows(keys, encode(tokenizer, [" "])).num_rows == 0
