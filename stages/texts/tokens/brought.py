"""A tokenizer.json that the user brings, with its indices renumbered so that padding is 0 and unknown is 1."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from stages.errors import UserError
from stages.texts.normalization import Words
from stages.texts.reading import readable
from stages.texts.tokens.vocabulary import PADDING, PADDING_TOKEN, UNKNOWN, UNKNOWN_TOKEN, rebuilt

PADDING_NAMES = re.compile(r"[\[<|_]*pad(ding)?[\]>|_]*", re.IGNORECASE)
SPECIAL_NAMES = re.compile(r"[\[<|_].*[\]>|_]")
SPARSE = 10
"""With more indices than this for each entry the gaps are closed, for an embedding has a row for each index."""
UNLIKELY = 20.0
"""How much less likely than the least likely piece a Unigram model holds a token that it did not know."""


NO_TOKENIZER = "not a tokenizer.json of the library `tokenizers`"
FORMER = "former_indices.json"
FormerIndices = list[int | None] | None
"""For each index the one that the file has for it, None where it has none; None where none has changed."""


def brought_tokenizer(path: Path) -> tuple[Tokenizer, FormerIndices]:
    """Load the user's own tokenizer.json, its padding, truncation and dropout switched off.

    Padding becomes index 0 and unknown index 1; the other entries keep their order.

    Raises:
        UserError: the file is missing, is not a tokenizer, or is one that drops what it does not know.
    """
    readable(path, "put your tokenizer there, or let tokenize.kind be words, wordpiece or bpe")
    definition = _definition(path)
    tokenizer = _loaded(path, definition)
    entries = tokenizer.get_vocab(with_added_tokens=True)
    unknown = _unknown_token(path, definition)
    padding = _padding_token(entries, definition.get("padding"), unknown)
    former: FormerIndices = None
    conforming = entries.get(padding) == PADDING and entries.get(unknown) == UNKNOWN
    if not conforming or max(entries.values()) > SPARSE * len(entries):
        first = [entries.get(padding), entries.get(unknown)]
        former = first + sorted(set(entries.values()) - set(first))
        tokenizer = _loaded(path, _renumbered(definition, entries, former, padding, unknown))
    tokenizer.encode_special_tokens = True  # a text that says "[PAD]" is text
    return tokenizer, former


def brought_words(path: Path) -> Words:
    """Words as the user's own tokenizer splits them, which may tell upper case from lower or not.

    Raises:
        UserError: as `brought_tokenizer`; while one asks for words, that the tokenizer fails on a text.
    """
    tokenizer, _ = brought_tokenizer(path)
    normal, splitter = tokenizer.normalizer, tokenizer.pre_tokenizer

    def words(text: str) -> str:
        with panics(f"{path}: the tokenizer fails on a text"):
            normalized = normal.normalize_str(text) if normal else text
            return " ".join(word for word, _ in splitter.pre_tokenize_str(normalized)) if splitter else normalized

    return Words(words, "Texts are equal where the words are into which the tokenizer of tokenize.file splits them.")


@contextmanager
def panics(sentence: str) -> Iterator[None]:
    """Around calls of the library with what the user brings: it panics where it might raise, with no Exception.

    Raises:
        UserError: `sentence`, and what the library said.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001, because a panic is nothing narrower
        raise UserError(f"{sentence} ({' '.join(str(error).split())[:200]}); use another tokenizer") from None


def _definition(path: Path) -> dict[str, Any]:
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise _not_a_tokenizer(path, error) from None
    if not isinstance(definition, dict) or not isinstance(definition.get("model"), dict):
        raise _not_a_tokenizer(path, "it has no model")
    model = definition["model"] | ({"dropout": None} if definition["model"].get("dropout") else {})
    return definition | {"truncation": None, "model": model}


def _loaded(path: Path, definition: dict[str, Any]) -> Tokenizer:
    with panics(f"{path}: {NO_TOKENIZER}"):
        return rebuilt(definition | {"padding": None})


def _unknown_token(path: Path, definition: dict[str, Any]) -> str:
    """The token that stands for what the model does not know; a new one where it reads bytes and knows them all."""
    model = definition["model"]
    if model.get("unk_id") is not None:  # Unigram models name the index
        name: str = model["vocab"][model["unk_id"]][0]
        return name
    if model.get("unk_token"):
        return str(model["unk_token"])
    before = json.dumps([definition.get("normalizer"), definition.get("pre_tokenizer")])
    if model.get("byte_fallback") or '"ByteLevel"' in before:
        return UNKNOWN_TOKEN
    raise UserError(
        f"{path}: it has no unknown token, so it would drop what it does not know without a word; train it with "
        f"{UNKNOWN_TOKEN}, or let tokenize.kind be words, wordpiece or bpe"
    )


def _padding_token(entries: dict[str, int], section: Any, unknown: str) -> str:
    """The token of padding: the one at index 0 if it is, that of the file's padding, one named so, else a new one."""
    by_index = {index: token for token, index in entries.items()}
    section = section if isinstance(section, dict) else {}
    first = by_index.get(PADDING, "")
    if PADDING_NAMES.fullmatch(first) or section.get("pad_id") == PADDING:
        candidates = [first]
    else:
        named = [token for token in entries if PADDING_NAMES.fullmatch(token) and SPECIAL_NAMES.fullmatch(token)]
        candidates = [str(section.get("pad_token")), *sorted(named)]
    return next((token for token in candidates if token in entries and token != unknown), PADDING_TOKEN)


def _renumbered(
    definition: dict[str, Any], entries: dict[str, int], former: list[int | None], padding: str, unknown: str
) -> dict[str, Any]:
    """The tokenizer with the index of each entry being the place of its old one in `former`."""
    new = {old: index for index, old in enumerate(former)}
    vocabulary = {token: new[index] for token, index in entries.items()} | {padding: PADDING, unknown: UNKNOWN}
    model = definition["model"]
    if isinstance(model.get("vocab"), list):
        scores = dict(model["vocab"])
        lowest = min(scores.values(), default=0.0) - UNLIKELY
        pieces = [[token, scores.get(token, lowest)] for token in sorted(vocabulary, key=vocabulary.__getitem__)]
        model = model | {"vocab": pieces, "unk_id": UNKNOWN}
    else:
        model = model | {"vocab": vocabulary, "unk_token": unknown}
    # The library itself leaves out an added token without letters.
    added = [
        token | {"id": vocabulary[token["content"]]}
        for token in definition.get("added_tokens") or []
        if token["content"] in vocabulary
    ]
    # Post-processors add tokens by index, which nothing here asks for.
    ordered = sorted(added, key=lambda token: token["id"])
    return definition | {"model": model, "added_tokens": ordered, "post_processor": None}


def _not_a_tokenizer(path: Path, reason: object) -> UserError:
    return UserError(f"{path}: {NO_TOKENIZER} ({' '.join(str(reason).split())[:200]}); use another tokenizer")
