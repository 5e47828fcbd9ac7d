"""Asked chunk by chunk, a tokenizer makes of texts what it makes of them whole."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from stages.texts.tokens import chunks
from stages.texts.tokens.chunks import ChunkwiseEncoder, chunks_of, word_counts
from stages.texts.tokens.encoding import WholeEncoder
from stages.texts.tokens.vocabulary import SPECIAL_TOKENS, trained_tokenizer

KINDS = ("words", "wordpiece", "bpe")
MARKS = "\u0301\u0327\u0345"  # they join the character before them
SPACES = " \t\n\r\u00a0\u2003\u200b\u3000"
TEXT = st.text(st.sampled_from(f"aAbBeΣσİıſßé.,'[PAD]_-1☃漢가\u1100\u1161{MARKS}{SPACES}"), max_size=30) | st.text()
TEXTS = st.lists(TEXT, min_size=1, max_size=8)


def knobs(lowercase: bool) -> dict[str, object]:
    return {"vocabulary": 60, "min_frequency": 1, "lowercase": lowercase}


@pytest.mark.parametrize("kind", KINDS)
@given(known=TEXTS, texts=TEXTS, lowercase=st.booleans())
def test_chunk_by_chunk_is_as_whole(kind, known, texts, lowercase):
    tokenizer = trained_tokenizer(kind, lambda: [pa.array(known)], **knobs(lowercase))
    by_chunk, whole = ChunkwiseEncoder(tokenizer), WholeEncoder(tokenizer)
    for given_texts in (texts, known):
        tokens, length = by_chunk.encode(pa.array(given_texts))
        expected, lengths = whole.encode(pa.array(given_texts))
        assert tokens.tolist() == expected.tolist()
        assert length.tolist() == lengths.tolist()
        assert (tokens.dtype, length.dtype) == (np.int32, np.int32)


@given(texts=TEXTS, lowercase=st.booleans(), vocabulary=st.integers(2, 30), min_frequency=st.integers(1, 3))
def test_counted_words_give_the_tokenizer_that_the_library_trains(texts, lowercase, vocabulary, min_frequency):
    ours = trained_tokenizer(
        "words",
        lambda: [pa.array(texts[:3]), pa.array(texts[3:], pa.string())],
        vocabulary=vocabulary,
        min_frequency=min_frequency,
        lowercase=lowercase,
    )
    theirs = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    theirs.normalizer = normalizers.Sequence([normalizers.NFC(), *([normalizers.Lowercase()] if lowercase else [])])
    theirs.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(
        vocab_size=vocabulary, min_frequency=min_frequency, special_tokens=SPECIAL_TOKENS, show_progress=False
    )
    theirs.train_from_iterator(texts, trainer)
    assert ours.get_vocab() == theirs.get_vocab()


def test_texts_of_a_slice_are_those_of_the_slice():
    texts = pa.array(["no", "a b", "", "b  c "]).slice(1)
    found = chunks_of(texts)
    words = [found.distinct[place] for place in found.index]
    assert [
        [word for word in words[start:end] if word]
        for start, end in zip(found.offsets[:-1], found.offsets[1:], strict=True)
    ] == [["a", "b"], [], ["b", "c"]]


def test_memory_of_chunks_is_bounded(monkeypatch):
    monkeypatch.setattr(chunks, "REMEMBERED", 4)
    words = [f"w{number}" for number in range(20)]
    batches = [pa.array([" ".join(words[start : start + 3])]) for start in range(0, 18, 3)] * 2
    counts = word_counts(batches, normalizers.NFC(), pre_tokenizers.Whitespace())
    assert counts == dict.fromkeys(words[:18], 2)
    tokenizer = trained_tokenizer("words", lambda: batches, vocabulary=12, min_frequency=1, lowercase=True)
    encoder = ChunkwiseEncoder(tokenizer)
    for batch in batches:
        assert encoder.encode(batch)[0].tolist() == WholeEncoder(tokenizer).encode(batch)[0].tolist()
        assert len(encoder._known) <= 4
