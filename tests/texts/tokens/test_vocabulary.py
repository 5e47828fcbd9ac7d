import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from stages.errors import UserError
from stages.texts.tokens.vocabulary import Corpus, Kind, trained_tokenizer, vocabulary_size

KINDS: tuple[Kind, ...] = ("words", "wordpiece", "bpe")
TEXTS = ["The cat sat .", "the cat ran !", "a dog ran", "a dog sat"]


def corpus_of(texts: Iterable[str], batch: int = 2) -> Corpus:
    held = list(texts)
    return lambda: (pa.array(held[start : start + batch]) for start in range(0, len(held), batch))


def trained(kind: Kind, texts: Iterable[str] = TEXTS, **changes: Any) -> Tokenizer:
    knobs = {"vocabulary": 100, "min_frequency": 1, "lowercase": True}
    return trained_tokenizer(kind, corpus_of(texts), **(knobs | changes))


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def entries(tokenizer: Tokenizer, text: str) -> list[str]:
    return tokenizer.encode(text, add_special_tokens=False).tokens


def written(path: Path, tokenizer: Tokenizer) -> Path:
    tokenizer.save(str(path))
    return path


def word_level(vocabulary: dict[str, int], unknown: str | None = "[UNK]") -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown or ""))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


@pytest.mark.parametrize("kind", KINDS)
def test_padding_is_zero_and_unknown_is_one(kind: Kind) -> None:
    tokenizer = trained(kind)
    assert (tokenizer.id_to_token(0), tokenizer.id_to_token(1)) == ("[PAD]", "[UNK]")


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_never_seen_is_unknown(kind: Kind) -> None:
    assert ids(trained(kind), "☃") == [1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["[PAD]", "a[PAD]dog", "[PAD] [PAD]", "[pad]"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_a_text_that_names_the_padding_token_holds_no_padding(kind: Kind, text: str, lowercase: bool) -> None:
    tokenizer = trained(kind, [*TEXTS, "[PAD] [PAD] a pad", "[PAD] [ PAD ]"], lowercase=lowercase)
    assert ids(tokenizer, text)
    assert 0 not in ids(tokenizer, text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_padding_token_stays_out_of_texts_after_saving_and_loading(kind: Kind, tmp_path: Path) -> None:
    loaded = Tokenizer.from_file(str(written(tmp_path / "tokenizer.json", trained(kind))))
    assert 0 not in ids(loaded, "[PAD] cat")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("vocabulary", [3, 4, 12, 40])
def test_the_vocabulary_is_never_larger_than_asked(kind: Kind, vocabulary: int) -> None:
    texts = ["".join(chr(97 + (row * 7 + column * 3) % 26) for column in range(row % 9 + 1)) for row in range(60)]
    tokenizer = trained(kind, texts, vocabulary=vocabulary)
    assert tokenizer.get_vocab_size() <= vocabulary
    assert vocabulary_size(tokenizer) <= vocabulary


def test_frequent_words_come_first_and_ties_by_alphabet() -> None:
    tokenizer = trained("words", ["b b c a", "c b"])
    assert [tokenizer.id_to_token(index) for index in range(2, 5)] == ["b", "c", "a"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_occurs_less_often_than_min_frequency_is_unknown(kind: Kind) -> None:
    tokenizer = trained(kind, ["xx y", "xx"], min_frequency=2)
    assert ids(tokenizer, "y") == [1]
    assert 1 not in ids(tokenizer, "xx")


def test_a_small_bpe_vocabulary_keeps_the_most_frequent_characters() -> None:
    tokenizer = trained("bpe", ["z z z y", "x y z w"], vocabulary=5)
    assert [tokenizer.id_to_token(index) for index in range(2, 5)] == ["w", "y", "z"]


def test_a_small_wordpiece_vocabulary_keeps_both_forms_of_a_character() -> None:
    tokenizer = trained("wordpiece", ["zzy", "z"], vocabulary=4)
    assert entries(tokenizer, "zz") == ["z", "##z"]


def test_lowercase_is_a_knob() -> None:
    assert ids(trained("words"), "THE") == ids(trained("words"), "the") != [1]
    assert ids(trained("words", lowercase=False), "THE") == [1]


def test_composed_and_decomposed_letters_are_the_same() -> None:
    tokenizer = trained("words", ["caf\u00e9"])
    assert ids(tokenizer, "cafe\u0301") == ids(tokenizer, "caf\u00e9") != [1]


def test_words_split_at_punctuation() -> None:
    assert entries(trained("words", ["it's fine."]), "it's fine.") == ["it", "'", "s", "fine", "."]


def test_wordpiece_continues_a_word_with_marked_pieces() -> None:
    tokenizer = trained("wordpiece", ["play played"] * 5)
    assert "".join(entries(tokenizer, "played")).replace("##", "") == "played"
    assert all(entry.startswith("##") for entry in entries(tokenizer, "yalp")[1:])


def test_bpe_joins_unknown_characters_of_one_word() -> None:
    assert ids(trained("bpe"), "☃☃☃") == [1]


@pytest.mark.parametrize("kind", KINDS)
def test_another_process_learns_the_same_tokenizer(kind: Kind) -> None:
    generator = np.random.default_rng(5)
    texts = ["".join(chr(97 + code) for code in generator.integers(0, 26, 6)) for _ in range(400)]
    here = trained(kind, texts, vocabulary=300).to_str()
    program = (
        "import sys, json, pyarrow as pa; from stages.texts.tokens.vocabulary import trained_tokenizer;"
        "texts = pa.array(json.load(sys.stdin));"
        f"print(trained_tokenizer({kind!r}, lambda: [texts], vocabulary=300, min_frequency=1, lowercase=True).to_str())"
    )
    there = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert there.stdout.strip() == here


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_of_the_corpus_reaches_the_caller(kind: Kind) -> None:
    def damaged() -> Iterable[pa.StringArray]:
        yield pa.array(["a text"])
        raise UserError("damaged")

    with pytest.raises(UserError, match="damaged"):
        trained_tokenizer(kind, damaged, vocabulary=10, min_frequency=1, lowercase=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_corpus_of_nothing_leaves_padding_and_unknown(kind: Kind) -> None:
    assert vocabulary_size(trained(kind, ["", " "])) == 2


def test_gaps_between_indices_count_as_vocabulary(tmp_path: Path) -> None:
    assert vocabulary_size(word_level({"[PAD]": 0, "[UNK]": 1, "far": 9})) == 10
