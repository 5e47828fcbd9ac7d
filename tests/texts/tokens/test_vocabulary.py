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
from stages.texts.tokens.vocabulary import Corpus, Kind, brought_tokenizer, trained_tokenizer, vocabulary_size

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


@pytest.mark.parametrize("kind", KINDS)
def test_a_tokenizer_trained_here_can_be_brought(kind: Kind, tmp_path: Path) -> None:
    own = trained(kind)
    brought = brought_tokenizer(written(tmp_path / "tokenizer.json", own))
    assert ids(brought, "the dog sat ☃") == ids(own, "the dog sat ☃")


def test_a_brought_tokenizer_neither_pads_nor_truncates(tmp_path: Path) -> None:
    own = word_level({"[PAD]": 0, "[UNK]": 1, "a": 2})
    own.enable_padding(length=5)
    own.enable_truncation(2)
    brought = brought_tokenizer(written(tmp_path / "tokenizer.json", own))
    assert [ids(brought, text) for text in ("a", "a a a")] == [[2], [2, 2, 2]]


def test_a_brought_tokenizer_reads_its_special_tokens_as_text(tmp_path: Path) -> None:
    own = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "[": 2, "PAD": 3, "]": 4}, unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    own.add_special_tokens(["[PAD]", "[UNK]"])
    brought = brought_tokenizer(written(tmp_path / "tokenizer.json", own))
    assert ids(own, "[PAD]") == [0]
    assert ids(brought, "[PAD]") == [2, 3, 4]


def test_a_brought_tokenizer_does_not_drop_merges_at_random(tmp_path: Path) -> None:
    merges = [("a", "b"), ("ab", "ab")]
    own = Tokenizer(models.BPE({"<pad>": 0, "?": 1, "a": 2, "b": 3, "ab": 4, "abab": 5}, merges, dropout=0.9))
    own.model.unk_token = "?"
    brought = brought_tokenizer(written(tmp_path / "tokenizer.json", own))
    assert {tuple(ids(brought, "abab")) for _ in range(20)} == {(5,)}


def test_index_zero_may_be_named_padding_by_the_padding_section_alone(tmp_path: Path) -> None:
    own = word_level({"<blank>": 0, "[UNK]": 1, "a": 2})
    own.enable_padding(pad_id=0, pad_token="<blank>")
    assert ids(brought_tokenizer(written(tmp_path / "tokenizer.json", own)), "a") == [2]


def test_a_word_at_index_zero_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path / "tokenizer.json", word_level({"the": 0, "[UNK]": 1}))
    with pytest.raises(UserError, match=r"index 0 must be the padding token.* 0 is 'the', 1 is '\[UNK\]'"):
        brought_tokenizer(path)


def test_an_unknown_token_elsewhere_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path / "tokenizer.json", word_level({"[PAD]": 0, "the": 1, "[UNK]": 2}))
    with pytest.raises(UserError, match=r"1 is 'the' and its unknown token is '\[UNK\]'.*train it with"):
        brought_tokenizer(path)


def test_a_model_without_an_unknown_token_is_refused(tmp_path: Path) -> None:
    own = Tokenizer(models.BPE({"<pad>": 0, "a": 1}, []))
    with pytest.raises(UserError, match="it has no unknown token"):
        brought_tokenizer(written(tmp_path / "tokenizer.json", own))


def test_a_unigram_model_names_its_unknown_token_by_index(tmp_path: Path) -> None:
    own = Tokenizer(models.Unigram([("<pad>", 0.0), ("<unk>", 0.0), ("a", -1.0)], unk_id=1))
    assert ids(brought_tokenizer(written(tmp_path / "tokenizer.json", own)), "aa") == [2, 2]


def test_a_missing_tokenizer_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.json: no such file.*tokenize\.kind"):
        brought_tokenizer(tmp_path / "mine.json")


@pytest.mark.parametrize(
    "content", ["", "no json", "[]", "{}", '{"model": {"type": "Nonsense"}}', '{"model": 3}', "\udcff"]
)
def test_a_file_that_is_no_tokenizer_is_the_users_mistake(content: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"not a tokenizer\.json"):
        brought_tokenizer(path)


def test_gaps_between_indices_count_as_vocabulary(tmp_path: Path) -> None:
    assert vocabulary_size(word_level({"[PAD]": 0, "[UNK]": 1, "far": 9})) == 10
