"""Plain facts of the run, gathered from what the earlier stages wrote, in the form that the report reads."""

import csv
from pathlib import Path
from typing import Any

from stages.analysis.cells import Cell
from stages.files import read_json
from stages.layout import cell_folder, seed_folder
from stages.params import Params

Record = dict[str, Any]


def dataset_facts(params: Params, corpus: Path, tokens: Path, padded: Path) -> Record:
    """What is known of the texts: how many, how long, how much of the padded input is padding."""
    profile = read_json(tokens / "profile.json")
    profile["splits"] = {name: _without(facts, "length_counts") for name, facts in profile["splits"].items()}
    truth = corpus / "truth.json"
    return {
        "name": params.dataset,
        "corpus": read_json(corpus / "summary.json"),
        "truth": read_json(truth) if truth.exists() else None,
        "tokens": profile,
        "padded": {side: read_json(padded / side / "profile.json") for side in params.pad.sides},
    }


def history_rows(models: Path, cell: Cell, seed: int) -> list[Record]:
    """One row for every epoch of one seed: loss and accuracy on training and validation texts."""
    folder = seed_folder(cell_folder(models, cell.side, cell.variant), seed)
    with (folder / "history.csv").open(newline="", encoding="utf-8") as file:
        return [
            {"side": cell.side, "variant": cell.variant, "seed": seed, "epoch": int(row.pop("epoch")) + 1}
            | {name: float(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


def _without(record: Record, key: str) -> Record:
    return {name: value for name, value in record.items() if name != key}
