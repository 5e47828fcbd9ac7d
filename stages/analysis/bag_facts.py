"""What the LSTM is worth: the baseline without a neural network, and every cell beside it on the same test texts."""

from pathlib import Path
from typing import Any

import numpy as np

from stages.analysis.cells import Cell
from stages.analysis.over_seeds import interval_record, mean_record
from stages.errors import UserError
from stages.files import read_json
from stages.stats.intervals import wilson

Record = dict[str, Any]


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
