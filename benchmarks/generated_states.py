"""Generated states of one model, alone and with pads, for the benchmark of `analyze`: our files and pandas'."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# The process that measures imports as little as it can, for Linux counts its memory towards those that it starts.
if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 256
BATCH_ROWS = 4096
VECTOR = "h_1"
CONDITIONS = ("pads-0", "pads-16")
MODEL = ("post", "baseline", 0)


def generate(folder: Path, texts: int) -> None:
    """Write the same states twice: as our states files, and for the rival as pandas writes them, a column a unit."""
    import numpy as np
    import pandas as pd

    from stages.runtime.files import write_json
    from stages.runtime.paths import AUDIT, PAD_STEP, READOUT, states_of
    from stages.states.schema import PROBABILITY, StatesMetadata
    from stages.states.writer import states_writer

    for number, condition in enumerate(CONDITIONS):
        table = np.empty((texts, WIDTH), dtype=np.float32)
        widths = {PROBABILITY: 2, VECTOR: WIDTH}
        metadata = StatesMetadata(*MODEL, condition, ("no", "yes"), "", "", widths)
        with states_writer(states_file(folder, condition), metadata) as writer:
            for start, columns in _batches(texts, padded=bool(number)):
                table[start : start + len(columns["text_id"])] = columns[VECTOR]
                writer.add(columns, "test")
        frame = pd.DataFrame(table, columns=[f"unit_{unit}" for unit in range(WIDTH)], copy=False)
        frame.to_parquet(columns_file(folder, condition), compression="zstd")
    still = {"moves": False, "layer": "1", "settled": None, "fixed_points": []}
    write_json(states_of(folder, *MODEL) / PAD_STEP, still)
    write_json(states_of(folder, *MODEL) / AUDIT, None)
    np.save(states_of(folder, *MODEL) / READOUT, np.ones((WIDTH, 1)))


def states_file(folder: Path, condition: str) -> Path:
    """Where the states of one condition lie as `export` writes them."""
    from stages.runtime.paths import states_file, states_of

    return states_file(states_of(folder, *MODEL), condition)


def columns_file(folder: Path, condition: str) -> Path:
    """Where the same states lie with a column a unit."""
    return folder / f"{condition}.columns.parquet"


def _batches(texts: int, *, padded: bool) -> Iterator[tuple[int, dict[str, "NDArray[Any]"]]]:
    """States whose units differ in place and spread, and whose shift goes from nothing (unit 0) to large."""
    import numpy as np

    unit = np.arange(WIDTH)
    place, spread = 0.8 * np.sin(unit), 0.1 + 0.9 * (unit % 16) / 15
    for start in range(0, texts, BATCH_ROWS):
        generator = np.random.default_rng([7, start])
        n = min(BATCH_ROWS, texts - start)
        length = generator.integers(4, 49, n, dtype=np.int32)
        drive = place + spread * generator.standard_normal((n, WIDTH), np.float32) + 0.01 * length[:, np.newaxis]
        if padded:
            drive = drive + 0.001 * unit / WIDTH + 0.05 * generator.standard_normal((n, WIDTH), np.float32)
        yes = generator.random((n, 1), np.float32)
        yield (
            start,
            {
                "text_id": np.arange(start, start + n),
                "label": generator.integers(0, 2, n, dtype=np.int32),
                "length": length,
                "pads": np.full(n, 16 if padded else 0, dtype=np.int32),
                "probability": np.concatenate([1 - yes, yes], axis=1),
                VECTOR: np.tanh(drive).astype(np.float32),
            },
        )
