"""history.csv of a seed: one row an epoch, written while it trains and read by the stage that waits for it."""

import csv
from collections.abc import Sequence
from pathlib import Path

from stages.runtime.files import partials

NAME = "history.csv"
COLUMNS = ("epoch", "accuracy", "loss", "val_accuracy", "val_loss")
"""Keras's names."""


def add_row(folder: Path, values: Sequence[float]) -> None:
    """Write one epoch behind the others."""
    path = folder / NAME
    header = "" if path.exists() else ",".join(COLUMNS) + "\n"
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(header + ",".join(map(str, values)) + "\n")


def epochs_done(folder: Path) -> tuple[int, str]:
    """How many epochs a seed is through, and, while it trains, how it is doing; 0 before it begins."""
    for each in (folder, *partials(folder)):
        rows = _whole_rows(each / NAME)
        if rows:
            doing = f"epoch {len(rows)}, loss {float(rows[-1]['loss']):.3f}"
            return len(rows), "" if each == folder else doing
    return 0, ""


def _whole_rows(path: Path) -> list[dict[str, str]]:
    """The complete rows of a history that is still being written, or that moves away while it is read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))
