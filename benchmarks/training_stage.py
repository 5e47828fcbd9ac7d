"""The stage `train` in a process of its own, timed: what `benchmarks.training` compares with its rivals."""

import json
import sys
import time
from pathlib import Path

from benchmarks.training import params


def main(folder: Path, epochs: int, seeds: int) -> None:
    """Train the masked variant and print how long the stage took."""
    from stages.train import train

    knobs = json.loads((folder / "knobs.json").read_text(encoding="utf-8"))
    chosen = params(knobs, seeds, epochs)
    where = {"tokens": folder / "tokens", "padded": folder / "padded", "models": folder / "models"}
    start = time.perf_counter()
    train(chosen, variant="masked", **where)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
