"""Token ids of texts, as the tokenizer.json that a model was trained with makes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import AuditError
from .files import checked_file, first_line, reading

Encode = Callable[[str], list[int]]


def read_tokenizer(path: str | Path) -> Encode:
    """From a text to its ids, without pads.

    Args:
        path: a tokenizer.json of Hugging Face's tokenizers, or what `to_json` of Keras' Tokenizer gave.

    Raises:
        AuditError: the file is neither, or tokenizers is not installed.
    """
    path = checked_file(Path(path))
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored = json.loads(stored) if isinstance(stored, str) else stored  # to_json through json.dump
    except ValueError as error:
        raise AuditError(f"{path}: this is no JSON ({first_line(error)})") from error
    if isinstance(stored, dict) and stored.get("class_name") == "Tokenizer" and "config" in stored:
        with reading(path):
            return _of_keras(stored["config"])
    if isinstance(stored, dict) and "model" in stored:
        return _of_hugging_face(path)
    raise AuditError(f"{path}: this is no tokenizer, neither of Hugging Face nor Keras' Tokenizer.to_json")


def _of_hugging_face(path: Path) -> Encode:
    try:
        import tokenizers
    except ImportError as error:
        raise AuditError(f"{path}: to read it, run `pip install tokenizers`") from error
    with reading(path, "tokenizers"):
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    return lambda text: list(tokenizer.encode(text).ids)


def _of_keras(config: dict[str, Any]) -> Encode:
    """As texts_to_sequences of keras_preprocessing.text.Tokenizer makes them (keras-preprocessing 1.1.2)."""
    index: dict[str, int] = json.loads(config["word_index"])
    unknown = index.get(config["oov_token"]) if config["oov_token"] is not None else None
    most, split = config["num_words"] or len(index) + 2, config["split"]
    filtered = str.maketrans(dict.fromkeys(config["filters"], split))

    def encode(text: str) -> list[int]:
        text = text.lower() if config["lower"] else text
        words = list(text) if config["char_level"] else text.translate(filtered).split(split)
        known = (index.get(word) for word in words if word)
        ids = (token if token is not None and token < most else unknown for token in known)
        return [token for token in ids if token is not None]

    return encode
