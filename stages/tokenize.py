"""Stage `tokenize`: texts become token indices, with a vocabulary of the training split."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from stages.command import run
from stages.errors import UserError
from stages.files import read_json, whole_folder, write_json
from stages.params import SPLITS, Params, TokenizeParams
from stages.parquet import record_batches, row_group_writer
from stages.tokens.encoding import SCHEMA, SplitTally, encoded, token_rows
from stages.tokens.vocabulary import brought_tokenizer, trained_tokenizer, vocabulary_size

BATCH_TEXTS = 1024


def tokenize(params: Params, *, raw: Path, corpus: Path, tokens: Path) -> None:
    """Tokenize every split with a tokenizer trained on the training split, or with the user's own."""
    classes = read_json(corpus / "summary.json")["classes"]
    tokenizer = _tokenizer(params.tokenize, raw, corpus / "train.parquet")
    size = vocabulary_size(tokenizer)
    with whole_folder(tokens) as folder:
        tokenizer.save(str(folder / "tokenizer.json"))
        splits = {
            name: _tokenize_split(tokenizer, corpus / f"{name}.parquet", folder / f"{name}.parquet") for name in SPLITS
        }
        write_json(folder / "profile.json", {"vocabulary_size": size, "classes": classes, "splits": splits})
    _print_profile(size, splits)


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


def _texts(path: Path) -> Iterator[list[str]]:
    for batch in record_batches(path, ["text"], BATCH_TEXTS):
        yield batch["text"].to_pylist()


def _tokenize_split(tokenizer: Tokenizer, source: Path, target: Path) -> dict[str, Any]:
    tally = SplitTally(vocabulary_size(tokenizer))
    with row_group_writer(target, SCHEMA) as writer:
        for batch in record_batches(source, ["text_id", "text", "label"], BATCH_TEXTS):
            texts = encoded(tokenizer, batch["text"].to_pylist(), batch["text_id"].to_numpy())
            writer.write(token_rows(batch, texts))
            tally.add(texts)
    if tally.texts == 0:
        raise UserError(f"{source}: no text has any token; look at the column of texts and at the knobs of `tokenize`")
    return tally.profile()


def _print_profile(size: int, splits: dict[str, dict[str, Any]]) -> None:
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


if __name__ == "__main__":
    run(tokenize)
