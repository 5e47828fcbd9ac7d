"""Generated or real texts up to padding, as the stages write them and as arrays for the rivals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from benchmarks.table import REPOSITORY
from stages.params.schema import Params, checked_params
from stages.params.texts import Side
from stages.sweeps.run.identity import with_overrides


def changed_params(changes: dict[str, Any]) -> Params:
    """params.yaml with the values at dotted paths replaced, checked.

    Raises:
        UserError: params.yaml cannot hold them.
    """
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    return checked_params(with_overrides(content, changes, "benchmarks"), "params.yaml")


def prepare(params: Params, folder: Path, side: Side, file: Path | None = None) -> None:
    """Run the stages up to padding: `tokens`, and `padded` with the given side.

    Args:
        params: the knobs.
        folder: an empty folder, which takes all.
        side: where the pads stand.
        file: of a dataset that is a table.
    """
    from stages.ingest import ingest
    from stages.pad import pad
    from stages.tokenize import tokenize

    raw, corpus, tokens = folder / "raw", folder / "corpus", folder / "tokens"
    raw.mkdir()
    if file is not None:
        (raw / file.name).write_bytes(file.read_bytes())
    ingest(params, raw=raw, corpus=corpus)
    tokenize(params, raw=raw, corpus=corpus, tokens=tokens)
    pad(params, side=side, tokens=tokens, padded=folder / "padded" / side)


def share(params: Params, folder: Path, side: Side) -> dict[str, Any]:
    """Write the same tokens as arrays and the sizes of the model for the rivals; the profile of the training texts."""
    from stages.texts.tokens.padded import read_padded

    padded = folder / "padded" / side
    profile = json.loads((padded / "profile.json").read_text(encoding="utf-8"))
    for split in ("train", "validation"):
        texts = read_padded(padded / f"{split}.parquet")
        np.savez(folder / split, tokens=texts.tokens[texts.tokens != 0], length=texts.length, label=texts.label)
    sizes = {"max_len": profile["max_len"], "vocabulary": profile["vocabulary_size"]}
    model = {"units": params.model.units, "embedding": params.model.embedding}
    knobs = {"batch_size": params.train.batch_size, "learning_rate": params.train.learning_rate}
    (folder / "knobs.json").write_text(json.dumps({**sizes, **model, **knobs}), encoding="utf-8")
    found: dict[str, Any] = profile["splits"]["train"]
    return found
