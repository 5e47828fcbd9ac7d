"""Plain facts of the run, gathered from what the earlier stages wrote, in the form that the report reads."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from stages.analysis.cells import Cell
from stages.analysis.over_seeds import interval_record, mean_record
from stages.errors import UserError
from stages.params.schema import Params
from stages.runtime.files import read_json
from stages.runtime.paths import cell_folder, seed_folder
from stages.stats.intervals import wilson

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


def bag_facts(folder: Path, level: float) -> Record:
    """Scores of the bag of words on every split, its test accuracy with a Wilson interval over the texts.

    Raises:
        UserError: the stage `bag_of_words` has not run.
    """
    facts: Record = read_json(folder / "scores.json")
    test = facts["splits"]["test"]
    return facts | {"accuracy": interval_record(wilson(test["correct"], test["texts"], level))}


def over_bag_of_words(cell: Cell, bag: Record, level: float) -> Record:
    """Test accuracy of a cell minus that of the bag of words, on the same texts.

    The mean over all seeds with its t interval, which speaks of new seeds on these texts: the bag of words has no seed,
    and what other texts would change is not in it. With it, how many seeds get more texts right than the bag.

    Raises:
        UserError: the two were not scored on the same number of test texts.
    """
    test = bag["splits"]["test"]
    scores = [seed.scores["splits"]["test"] for seed in cell.seeds]
    if any(each["texts"] != test["texts"] for each in scores):
        raise UserError(
            f"{cell.side}-{cell.variant}: it was scored on {scores[0]['texts']} test texts and the bag of words on "
            f"{test['texts']}; run `dvc repro` to make both again"
        )
    correct = np.array([each["correct"] for each in scores])
    difference = mean_record((correct - test["correct"]) / test["texts"], level, -1, 1)
    assert difference is not None  # a cell has at least one seed
    return difference | {"n_seeds": len(correct), "n_seeds_better": int((correct > test["correct"]).sum())}
