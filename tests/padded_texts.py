"""A small padded data set with a rule that a small model learns in seconds."""

from pathlib import Path

import numpy as np

from stages.runtime.files import write_json
from stages.runtime.parquet import row_group_writer
from stages.runtime.paths import SPLITS
from stages.texts.tokens.padding import padded_schema

MAX_LEN = 12
VOCABULARY = 20


def write_padded(folder: Path, side: str, classes: int = 2, texts: int = 160, seed: int = 0) -> Path:
    """Texts of 1–12 tokens in which token 2 + label occurs once: `folder` as the stage `pad` leaves it."""
    import pyarrow as pa

    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number, split in enumerate(SPLITS):
        length = generator.integers(1, MAX_LEN + 1, texts)
        label = generator.integers(0, classes, texts)
        tokens = np.zeros((texts, MAX_LEN), np.int32)
        for row, (size, kind) in enumerate(zip(length, label, strict=True)):
            words = generator.integers(2 + classes, VOCABULARY, size)
            words[generator.integers(0, size)] = 2 + kind
            start = MAX_LEN - size if side == "pre" else 0
            tokens[row, start : start + size] = words
        schema = padded_schema(MAX_LEN)
        columns = {
            "text_id": pa.array(np.arange(texts) + number * texts),
            "label": pa.array(label.astype(np.int32)),
            "tokens": pa.FixedSizeListArray.from_arrays(pa.array(tokens.ravel()), type=schema.field("tokens").type),
            "length": pa.array(length.astype(np.int32)),
        }
        with row_group_writer(folder / f"{split}.parquet", schema) as writer:
            writer.write(pa.record_batch([columns[name] for name in schema.names], schema=schema))
    profile = {"classes": [str(kind) for kind in range(classes)], "vocabulary_size": VOCABULARY, "max_len": MAX_LEN}
    write_json(folder / "profile.json", profile)
    return folder
