"""Stage `tokenize`: texts become token indices, with a vocabulary of the training split."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from stages.errors import UserError
from stages.params.schema import Params
from stages.params.texts import NO_VECTORS
from stages.runtime.command import run
from stages.runtime.files import json_text, read_json, whole_folder, write_json, write_text
from stages.runtime.parquet import record_batches, row_group_writer
from stages.runtime.paths import SPLITS, raw_file
from stages.texts.tokens.brought import FORMER
from stages.texts.tokens.chunks import ChunkwiseEncoder
from stages.texts.tokens.encoding import SCHEMA, Encoder, WholeEncoder, encoded, token_rows
from stages.texts.tokens.kinds import tokenizer_of
from stages.texts.tokens.profile import SplitTally, format_profile, vector_coverage
from stages.texts.tokens.vectors import FILE, read_vectors
from stages.texts.tokens.vocabulary import vocabulary_size, words_of

BATCH_TEXTS = 4096


def tokenize(params: Params, *, raw: Path, corpus: Path, tokens: Path) -> None:
    """Tokenize every split with a tokenizer trained on the training split, or with the user's own.

    Where `tokenize.vectors` names a file, write the vectors of the vocabulary beside them; where the user's tokenizer
    was renumbered, the index that each entry had.
    """
    classes = read_json(corpus / "summary.json")["classes"]
    choice, tokenizer, former = tokenizer_of(params.tokenize, raw, lambda: _texts(corpus / "train.parquet"))
    encoder = WholeEncoder(tokenizer) if choice.kind == "file" else ChunkwiseEncoder(tokenizer)
    size, words, name = vocabulary_size(tokenizer), words_of(tokenizer), params.tokenize.vectors
    vectors = None
    if name != NO_VECTORS:
        vectors = read_vectors(raw_file(raw, name), words, size)
    with whole_folder(tokens) as folder:
        write_text(folder / "tokenizer.json", tokenizer.to_str(pretty=True))
        tallies = {
            split: _tokenize_split(encoder, corpus / f"{split}.parquet", folder / f"{split}.parquet")
            for split in SPLITS
        }
        splits = {split: tally.profile() for split, tally in tallies.items()}
        counts = tallies["train"].occurrences
        coverage = None if vectors is None else vector_coverage(name, vectors, len(words), counts)
        if vectors is not None:
            np.save(folder / FILE, vectors.rows)
        if former is not None:
            write_text(folder / FORMER, json_text({"former": former}))
            print(f"{params.tokenize.file}: its indices are renumbered; {tokens / FORMER} holds the former ones")
        profile = {"vocabulary_size": size, "classes": classes, "splits": splits, "vectors": coverage}
        write_json(folder / "profile.json", profile)
    for line in (*format_profile(size, splits, coverage), *choice.sentences(splits["test"])):
        print(line)


def _texts(training: Path) -> Iterator[pa.StringArray]:
    return (batch["text"] for batch in record_batches(training, ["text"], BATCH_TEXTS))


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


if __name__ == "__main__":
    run(tokenize)
