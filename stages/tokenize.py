"""Stage `tokenize`: texts become token indices, with a vocabulary of the training split."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from stages.errors import UserError
from stages.params.schema import Params
from stages.params.texts import NO_VECTORS, TokenizeParams
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.parquet import record_batches, row_group_writer
from stages.runtime.paths import SPLITS
from stages.texts.tokens.chunks import ChunkwiseEncoder
from stages.texts.tokens.encoding import SCHEMA, Encoder, SplitTally, WholeEncoder, encoded, token_rows
from stages.texts.tokens.vectors import FILE, WordVectors, read_vectors
from stages.texts.tokens.vocabulary import PADDING, UNKNOWN, brought_tokenizer, trained_tokenizer, vocabulary_size

BATCH_TEXTS = 4096


def tokenize(params: Params, *, raw: Path, corpus: Path, tokens: Path) -> None:
    """Tokenize every split with a tokenizer trained on the training split, or with the user's own.

    Where `tokenize.vectors` names a file, write the vectors of the vocabulary beside them.
    """
    classes = read_json(corpus / "summary.json")["classes"]
    tokenizer = _tokenizer(params.tokenize, raw, corpus / "train.parquet")
    encoder = WholeEncoder(tokenizer) if params.tokenize.kind == "file" else ChunkwiseEncoder(tokenizer)
    size = vocabulary_size(tokenizer)
    words = _words(tokenizer)
    vectors = _vectors(params.tokenize.vectors, raw, words, size)
    with whole_folder(tokens) as folder:
        tokenizer.save(str(folder / "tokenizer.json"))
        tallies = {
            name: _tokenize_split(encoder, corpus / f"{name}.parquet", folder / f"{name}.parquet") for name in SPLITS
        }
        splits = {name: tally.profile() for name, tally in tallies.items()}
        coverage = None
        if vectors is not None:
            np.save(folder / FILE, vectors.rows)
            coverage = _coverage(params.tokenize.vectors, vectors, len(words), tallies["train"].occurrences)
        profile = {"vocabulary_size": size, "classes": classes, "splits": splits, "vectors": coverage}
        write_json(folder / "profile.json", profile)
    _print_profile(size, splits, coverage)


def _tokenizer(knobs: TokenizeParams, raw: Path, training: Path) -> Tokenizer:
    if knobs.kind == "file":
        return brought_tokenizer(raw / knobs.file)
    return trained_tokenizer(
        knobs.kind,
        lambda: _texts(training),
        vocabulary=knobs.vocabulary,
        min_frequency=knobs.min_frequency,
        lowercase=knobs.lowercase,
    )


def _texts(path: Path) -> Iterator[pa.StringArray]:
    for batch in record_batches(path, ["text"], BATCH_TEXTS):
        yield batch["text"]


def _vectors(name: str, raw: Path, words: dict[str, int], size: int) -> WordVectors | None:
    return None if name == NO_VECTORS else read_vectors(raw / name, words, size)


def _words(tokenizer: Tokenizer) -> dict[str, int]:
    """The vocabulary without padding and unknown, which are no words."""
    entries = tokenizer.get_vocab(with_added_tokens=True)
    return {token: index for token, index in entries.items() if index not in (PADDING, UNKNOWN)}


def _coverage(name: str, vectors: WordVectors, words: int, occurrences: NDArray[np.int64]) -> dict[str, Any]:
    """How much of the vocabulary and of the training tokens has a vector."""
    return {
        "file": name,
        "dimension": vectors.rows.shape[1],
        "words_found": int(vectors.found.sum()),
        "vocabulary": words,
        "share_of_training_tokens_found": float(occurrences[vectors.found].sum() / occurrences.sum()),
    }


def _tokenize_split(encoder: Encoder, source: Path, target: Path) -> SplitTally:
    tally = SplitTally(vocabulary_size(encoder.tokenizer))
    with row_group_writer(target, SCHEMA) as writer:
        for batch in record_batches(source, ["text_id", "text", "label"], BATCH_TEXTS):
            texts = encoded(encoder, batch["text"], batch["text_id"].to_numpy())
            writer.write(token_rows(batch, texts))
            tally.add(texts)
    if tally.texts == 0:
        raise UserError(f"{source}: no text has any token; look at the column of texts and at the knobs of `tokenize`")
    return tally


def _print_profile(size: int, splits: dict[str, dict[str, Any]], coverage: dict[str, Any] | None) -> None:
    train, test = splits["train"], splits["test"]
    dropped = sum(split["dropped_empty"] for split in splits.values())
    texts = f"{dropped} text{'' if dropped == 1 else 's'}"
    quantiles = train["length_quantiles"]
    print(
        f"vocabulary of {size} covers {100 * train['coverage']:.1f} % of the training tokens "
        f"and {100 * test['coverage']:.1f} % of the test tokens; {texts} without tokens dropped"
    )
    print(
        f"training texts have {quantiles['0']} to {quantiles['1']} tokens, "
        f"median {quantiles['0.5']}, 95 % at most {quantiles['0.95']}"
    )
    if coverage is not None:
        print(
            f"{coverage['file']} has vectors of {coverage['dimension']} values for {coverage['words_found']} of "
            f"{coverage['vocabulary']} words, "
            f"{100 * coverage['share_of_training_tokens_found']:.1f} % of the training tokens"
        )


if __name__ == "__main__":
    run(tokenize)
