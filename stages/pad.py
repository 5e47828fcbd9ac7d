"""Stage `pad`: every text becomes a row of one width, padded on one side."""

from pathlib import Path

import numpy as np

from stages.params.schema import Params, checked_side
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.parquet import record_batches, row_group_writer
from stages.runtime.paths import SPLITS
from stages.texts.tokens.length_histogram import LengthCounts, longest
from stages.texts.tokens.padding import choices, padded_batch, padded_schema, row_width, split_profile, width_hint

BATCH_BYTES = 2 * 2**20
COLUMNS = ("text_id", "label", "tokens", "length")


def pad(params: Params, *, side: str, tokens: Path, padded: Path) -> None:
    """Pad every split on `side` and cut what is longer than the width."""
    checked, knobs = checked_side(side), params.pad
    profile = read_json(tokens / "profile.json")
    counts = {name: np.array(profile["splits"][name]["length_counts"], dtype=np.int64) for name in SPLITS}
    max_len = row_width(knobs.max_len, counts["train"])
    with whole_folder(padded) as folder:
        for name in SPLITS:
            batch_rows = _batch_rows(counts[name], max_len)
            with row_group_writer(folder / f"{name}.parquet", padded_schema(max_len)) as writer:
                for batch in record_batches(tokens / f"{name}.parquet", COLUMNS, batch_rows):
                    writer.write(padded_batch(batch, max_len, checked, knobs.truncate))
        splits = {name: split_profile(counts[name], max_len) for name in SPLITS}
        write_json(
            folder / "profile.json",
            {
                "side": checked,
                "max_len": max_len,
                "truncate": knobs.truncate,
                "vocabulary_size": profile["vocabulary_size"],
                "classes": profile["classes"],
                "splits": splits,
                "choices": choices(counts["train"]),
            },
        )
    train = splits["train"]
    print(
        f"{side} padding to {max_len}: {100 * train['padding_share']:.0f} % of the training positions are padding, "
        f"{100 * train['truncated_share']:.1f} % of the training texts are cut"
    )
    if line := width_hint(knobs.max_len, counts["train"]):
        print(line)


def _batch_rows(counts: LengthCounts, max_len: int) -> int:
    """How many texts fit into `BATCH_BYTES` at worst, as tokens and as rows."""
    return max(1, BATCH_BYTES // (4 * max(max_len, longest(counts))))


if __name__ == "__main__":
    run(pad)
