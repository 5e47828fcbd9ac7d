"""Which tokens there are: a tokenizer trained on the training texts.

In every vocabulary index 0 is padding, which no text may contain, and index 1 is the unknown token.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pyarrow as pa
from tokenizers import Tokenizer, models, normalizers, trainers

from stages.texts.normalization import SPLITTER, normalizer
from stages.texts.tokens.chunks import word_counts

PADDING, UNKNOWN = 0, 1
PADDING_TOKEN, UNKNOWN_TOKEN = "[PAD]", "[UNK]"
SPECIAL_TOKENS = [PADDING_TOKEN, UNKNOWN_TOKEN]
CONTINUING = "##"

Kind = Literal["words", "wordpiece", "bpe"]
Corpus = Callable[[], Iterable[pa.StringArray]]
"""Gives the training texts in batches, from the start each time it is called."""


def trained_tokenizer(kind: Kind, corpus: Corpus, *, vocabulary: int, min_frequency: int, lowercase: bool) -> Tokenizer:
    """Train a tokenizer; the same texts in the same order give the same one.

    Args:
        kind: whole words, WordPiece, or byte-pair encoding on characters; all split at white space and punctuation.
        corpus: the training texts.
        vocabulary: the largest number of entries, padding and unknown included.
        min_frequency: how often a word, a character or a merge must occur to be known.
        lowercase: whether to fold upper case into lower case first.
    """
    normal = normalizer(lowercase)
    if kind == "words":
        model, trainer = _words(word_counts(corpus(), normal, SPLITTER), vocabulary, min_frequency), None
    elif kind == "wordpiece":
        # Every character has two forms: at the start of a word, and continuing one.
        characters = _alphabet(corpus, normal, (vocabulary - len(SPECIAL_TOKENS)) // 2, min_frequency)
        model, trainer = _wordpiece(characters, vocabulary, min_frequency)
    else:
        characters = _alphabet(corpus, normal, vocabulary - len(SPECIAL_TOKENS), min_frequency)
        model, trainer = _bpe(characters, vocabulary, min_frequency)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normal
    tokenizer.pre_tokenizer = SPLITTER
    if trainer is not None:
        tokenizer.train_from_iterator((texts.to_pylist() for texts in corpus()), trainer)
    # Entries that are special to the tokenizer are found in texts before they are split: a text that says "[PAD]"
    # would hold padding. As plain entries of the model they can be reached by no text.
    return rebuilt(json.loads(tokenizer.to_str()) | {"added_tokens": []})


def vocabulary_size(tokenizer: Tokenizer) -> int:
    """The number of indices from 0 to the greatest in use: what an embedding needs, gaps included."""
    return 1 + max(tokenizer.get_vocab(with_added_tokens=True).values())


def words_of(tokenizer: Tokenizer) -> dict[str, int]:
    """The index of every entry but padding and unknown, which are no words."""
    entries = tokenizer.get_vocab(with_added_tokens=True)
    return {token: index for token, index in entries.items() if index not in (PADDING, UNKNOWN)}


def _alphabet(corpus: Corpus, normalizer: normalizers.Normalizer, size: int, min_frequency: int) -> list[str]:
    """The most frequent characters in the order of their code points; ties go to the lower code point."""
    counts: Counter[str] = Counter()
    for texts in corpus():
        counts.update(normalizer.normalize_str("\n".join(texts.to_pylist())))
    frequent = [item for item in counts.items() if item[1] >= min_frequency and not item[0].isspace()]
    frequent.sort(key=lambda item: (-item[1], item[0]))
    return sorted(character for character, _ in frequent[:size])


def _words(counts: Counter[str], vocabulary: int, min_frequency: int) -> models.Model:
    """The most frequent words, as `WordLevelTrainer` chooses and numbers them: ties in the order of the alphabet."""
    frequent = [item for item in counts.items() if item[1] >= min_frequency]
    frequent.sort(key=lambda item: (-item[1], item[0]))
    entries = [*SPECIAL_TOKENS, *(word for word, _ in frequent[: max(0, vocabulary - len(SPECIAL_TOKENS))])]
    return models.WordLevel({word: index for index, word in enumerate(entries)}, unk_token=UNKNOWN_TOKEN)


def _wordpiece(characters: list[str], vocabulary: int, min_frequency: int) -> tuple[models.Model, trainers.Trainer]:
    # Left to itself the trainer numbers continuing characters in the order of a hash table, which differs from run to
    # run and decides ties between merges; numbered beforehand, they are the same each time.
    forms = [*characters, *(CONTINUING + character for character in characters)]
    return models.WordPiece(unk_token=UNKNOWN_TOKEN), trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        min_frequency=min_frequency,
        special_tokens=SPECIAL_TOKENS + forms,
        initial_alphabet=characters,
        limit_alphabet=len(characters),
        continuing_subword_prefix=CONTINUING,
        show_progress=False,
    )


def _bpe(characters: list[str], vocabulary: int, min_frequency: int) -> tuple[models.Model, trainers.Trainer]:
    # Unknown characters side by side become one unknown token, or text in a foreign script would grow very long.
    return models.BPE(unk_token=UNKNOWN_TOKEN, fuse_unk=True), trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=min_frequency,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=characters,
        # Without a limit every character of the corpus becomes an entry, however small the vocabulary.
        limit_alphabet=len(characters),
        show_progress=False,
    )


def rebuilt(definition: dict[str, Any]) -> Tokenizer:
    """The tokenizer that the content of a tokenizer.json describes."""
    return Tokenizer.from_str(json.dumps(definition))
