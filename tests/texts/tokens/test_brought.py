"""Tokenizers of the user's own: the shapes of files that Hugging Face's models come with, built small."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from stages.errors import UserError
from stages.texts.tokens.brought import brought_tokenizer, brought_words
from stages.texts.tokens.encoding import WholeEncoder
from stages.texts.tokens.vocabulary import vocabulary_size

TEXTS = ["The cat sat .", "the cat ran !", "a dog ran", "a dog sat"]


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def written(path: Path, tokenizer: Tokenizer) -> Path:
    tokenizer.save(str(path))
    return path


def brought(path: Path) -> Tokenizer:
    return brought_tokenizer(path)[0]


def word_level(vocabulary: dict[str, int], unknown: str | None = "[UNK]") -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown or ""))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def bert() -> Tokenizer:
    names = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "sat", "dog", "##s", ".", "a"]
    tokenizer = Tokenizer(models.WordPiece({name: index for index, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 3), ("[SEP]", 4)])
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def gpt2() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=280, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


def gpt2_with_padding() -> Tokenizer:
    tokenizer = gpt2()
    tokenizer.add_special_tokens(["<|pad|>"])
    return tokenizer


def padded_with_end_of_text() -> Tokenizer:
    tokenizer = gpt2()
    tokenizer.enable_padding(pad_id=tokenizer.token_to_id("<|endoftext|>"), pad_token="<|endoftext|>")
    return tokenizer


def t5() -> Tokenizer:
    pieces = ["<pad>", "</s>", "<unk>", "\u2581", "\u2581the", "\u2581cat", "s", "a", "t"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(index)) for index, piece in enumerate(pieces)], unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>", "<extra_id_0>"])
    return tokenizer


KINDS = {
    "BERT": (bert, "[PAD]", "[UNK]"),
    "GPT-2": (gpt2, "[PAD]", "[UNK]"),
    "GPT-2 with padding added": (gpt2_with_padding, "<|pad|>", "[UNK]"),
    "GPT-2 padded with the end of text": (padded_with_end_of_text, "<|endoftext|>", "[UNK]"),
    "T5": (t5, "<pad>", "<unk>"),
    "a word at index 0": (lambda: word_level({"the": 0, "[UNK]": 1, "cat": 2}), "[PAD]", "[UNK]"),
    "unknown last": (lambda: word_level({"[PAD]": 0, "the": 1, "[UNK]": 2}), "[PAD]", "[UNK]"),
    "padding is unknown": (lambda: word_level({"<unk>": 0, "the": 1}, "<unk>"), "[PAD]", "<unk>"),
    "a word named pad": (lambda: word_level({"the": 0, "pad": 1, "cat": 2, "[UNK]": 3}), "[PAD]", "[UNK]"),
    "unknown is not among the words": (lambda: word_level({"the": 0, "cat": 1, "snow": 2}), "[PAD]", "[UNK]"),
    "an index of three millions": (
        lambda: word_level({"[PAD]": 0, "[UNK]": 1, "the": 3_000_000}), "[PAD]", "[UNK]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_indices_are_renumbered_so_that_padding_is_zero_and_unknown_one(tmp_path: Path, kind: str) -> None:
    make, padding, unknown = KINDS[kind]
    own = make()
    mine, former = brought_tokenizer(written(tmp_path / "tokenizer.json", own))
    assert (mine.id_to_token(0), mine.id_to_token(1)) == (padding, unknown)
    entries = own.get_vocab(with_added_tokens=True)
    assert former is not None
    assert former[:2] == [entries.get(padding), entries.get(unknown)]
    assert former[2:] == sorted(set(entries.values()) - set(former[:2]))
    assert vocabulary_size(mine) == len(former)
    for text in TEXTS[1:] if entries.get(unknown) is not None else ["the cat"]:
        assert [former[index] for index in ids(mine, text)] == ids(own, text) != []


@pytest.mark.parametrize("kind", ["BERT", "GPT-2", "GPT-2 with padding added"])
def test_a_text_that_names_padding_holds_none(tmp_path: Path, kind: str) -> None:
    mine = brought(written(tmp_path / "tokenizer.json", KINDS[kind][0]()))
    assert 0 not in ids(mine, "pad [PAD] <pad> <|pad|> <|endoftext|>")


def test_a_word_that_the_file_lacks_is_unknown_even_where_it_lacks_that_too(tmp_path: Path) -> None:
    make = KINDS["unknown is not among the words"][0]
    assert ids(brought(written(tmp_path / "tokenizer.json", make())), "the dog") == [2, 1]


@pytest.mark.parametrize("kind", ["BERT", "GPT-2", "T5"])
def test_a_renumbered_tokenizer_is_the_same_behind_its_file(tmp_path: Path, kind: str) -> None:
    mine = brought(written(tmp_path / "tokenizer.json", KINDS[kind][0]()))
    again, former = brought_tokenizer(written(tmp_path / "again.json", mine))
    assert former is None
    assert ids(again, "The cats sat .") == ids(mine, "The cats sat .")


def test_a_tokenizer_that_conforms_keeps_its_indices(tmp_path: Path) -> None:
    mine, former = brought_tokenizer(
        written(tmp_path / "tokenizer.json", word_level({"[PAD]": 0, "[UNK]": 1, "film": 7}))
    )
    assert (former, ids(mine, "a film")) == (None, [1, 7])


def test_a_brought_tokenizer_neither_pads_nor_truncates(tmp_path: Path) -> None:
    own = word_level({"[PAD]": 0, "[UNK]": 1, "a": 2})
    own.enable_padding(length=5)
    own.enable_truncation(2)
    mine = brought(written(tmp_path / "tokenizer.json", own))
    assert [ids(mine, text) for text in ("a", "a a a")] == [[2], [2, 2, 2]]


def test_a_brought_tokenizer_reads_its_special_tokens_as_text(tmp_path: Path) -> None:
    own = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "[": 2, "PAD": 3, "]": 4}, unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    own.add_special_tokens(["[PAD]", "[UNK]"])
    mine = brought(written(tmp_path / "tokenizer.json", own))
    assert ids(own, "[PAD]") == [0]
    assert ids(mine, "[PAD]") == [2, 3, 4]


def test_a_brought_tokenizer_does_not_drop_merges_at_random(tmp_path: Path) -> None:
    merges = [("a", "b"), ("ab", "ab")]
    own = Tokenizer(models.BPE({"<pad>": 0, "?": 1, "a": 2, "b": 3, "ab": 4, "abab": 5}, merges, dropout=0.9))
    own.model.unk_token = "?"
    mine = brought(written(tmp_path / "tokenizer.json", own))
    assert {tuple(ids(mine, "abab")) for _ in range(20)} == {(5,)}


def test_index_zero_may_be_named_padding_by_the_padding_section_alone(tmp_path: Path) -> None:
    own = word_level({"<blank>": 0, "[UNK]": 1, "a": 2})
    own.enable_padding(pad_id=0, pad_token="<blank>")
    assert ids(brought(written(tmp_path / "tokenizer.json", own)), "a") == [2]


@pytest.mark.parametrize("model", [models.BPE({"<pad>": 0, "a": 1}, []), models.Unigram([("<pad>", 0.0), ("a", -1.0)])])
def test_a_model_that_would_drop_what_it_does_not_know_is_refused(tmp_path: Path, model: Any) -> None:
    with pytest.raises(UserError, match=r"tokenizer\.json: it has no unknown token, so it would drop"):
        brought_tokenizer(written(tmp_path / "tokenizer.json", Tokenizer(model)))


def test_a_missing_tokenizer_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mine\.json: no such file.*tokenize\.kind"):
        brought_tokenizer(tmp_path / "mine.json")


@pytest.mark.parametrize(
    "content", ["", "no json", "[]", "{}", '{"model": {"type": "Nonsense"}}', '{"model": 3}', "\udcff", "[" * 100_000]
)
def test_a_file_that_is_no_tokenizer_is_the_users_mistake(content: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"not a tokenizer\.json"):
        brought_tokenizer(path)


def strange(folder: Path, **changes: Any) -> Path:
    """T5 with an added token without letters, and its model changed."""
    definition = json.loads(t5().to_str())
    definition["model"] |= changes
    definition["added_tokens"][0]["content"] = ""
    (folder / "tokenizer.json").write_text(json.dumps(definition))
    return folder / "tokenizer.json"


def test_an_added_token_without_letters_and_a_model_without_pieces_are_left_out(tmp_path: Path) -> None:
    assert brought(strange(tmp_path)).token_to_id("<pad>") == 0
    empty = brought(strange(tmp_path, vocab=[], unk_id=None, byte_fallback=True))
    assert [empty.id_to_token(index) for index in range(3)] == ["[PAD]", "[UNK]", "</s>"]


def test_an_unknown_token_beyond_the_pieces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not a tokenizer\.json.*UnkIdNotInVocabulary"):
        brought(strange(tmp_path, vocab=[["a", 0.0]]))


PANICS = {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}


def test_a_panic_of_the_library_is_the_users_mistake(tmp_path: Path) -> None:
    own = json.loads(word_level({"[PAD]": 0, "[UNK]": 1}).to_str())
    (tmp_path / "tokenizer.json").write_text(json.dumps(own | PANICS))
    with pytest.raises(UserError, match=r"not a tokenizer\.json.*precompiled_charsmap"):
        brought_tokenizer(tmp_path / "tokenizer.json")


def test_a_panic_on_a_text_is_the_users_mistake(tmp_path: Path) -> None:
    own = json.loads(word_level({"[PAD]": 0, "[UNK]": 1}).to_str())
    (tmp_path / "tokenizer.json").write_text(json.dumps(own | {"pre_tokenizer": {"type": "FixedLength", "length": 0}}))
    encoder = WholeEncoder(brought(tmp_path / "tokenizer.json"))
    with pytest.raises(UserError, match=r"tokenize\.file: the tokenizer fails on a text \(chunk size"):
        encoder.encode(pa.array(["a text"]))
    with pytest.raises(UserError, match=r"tokenizer\.json: the tokenizer fails on a text \(chunk size"):
        brought_words(tmp_path / "tokenizer.json").of("a text")
