"""Plain facts of the run, gathered from what the earlier stages wrote, in the form that the report reads."""

import csv
from pathlib import Path

import numpy as np

from stages.analysis.cells import Cell
from stages.analysis.contract import BagOfWords, DatasetFacts, Epoch, from_json
from stages.analysis.contract_cells import OverBagOfWords
from stages.analysis.contract_texts import Corpus, PaddedTexts, TokenizedTexts, Truth
from stages.analysis.estimate import Estimate
from stages.errors import UserError
from stages.params.schema import Params
from stages.runtime.files import read_json
from stages.runtime.paths import seed_folder
from stages.stats.intervals import wilson


def dataset_facts(params: Params, corpus: Path, tokens: Path, padded: Path) -> DatasetFacts:
    """What is known of the texts: how many, how long, how much of the padded input is padding."""
    profile = read_json(tokens / "profile.json")
    for split in profile["splits"].values():
        del split["length_counts"]  # for padding_costs.py alone
    truth = corpus / "truth.json"
    summary = from_json(Corpus, read_json(corpus / "summary.json"))
    return DatasetFacts(
        name=summary.dataset,
        corpus=summary,
        truth=from_json(Truth, read_json(truth)) if truth.exists() else None,
        tokens=from_json(TokenizedTexts, profile),
        padded={side: from_json(PaddedTexts, read_json(padded / side / "profile.json")) for side in params.pad.sides},
    )


def training_history(models: Path, cell: Cell, seed: int) -> list[Epoch]:
    """Loss and accuracy of every epoch of one seed of a cell, whose models lie in `models`, on both splits."""
    with (seed_folder(models, seed) / "history.csv").open(newline="", encoding="utf-8") as file:
        return [
            Epoch(
                side=cell.side,
                variant=cell.variant,
                seed=seed,
                epoch=int(row.pop("epoch")) + 1,
                **{name: float(value) for name, value in row.items()},
            )
            for row in csv.DictReader(file)
        ]


def bag_facts(folder: Path, level: float) -> BagOfWords:
    """Scores of the bag of words on every split, its test accuracy with a Wilson interval over the texts.

    Raises:
        UserError: the stage `bag_of_words` has not run.
    """
    scores = read_json(folder / "scores.json")
    test = scores["splits"]["test"]
    accuracy = wilson(test["correct"], test["texts"], level)
    return BagOfWords(accuracy=Estimate(accuracy.estimate, accuracy.low, accuracy.high), **scores)


def over_bag_of_words(cell: Cell, bag: BagOfWords, level: float) -> OverBagOfWords:
    """Test accuracy of a cell minus that of the bag of words, on the same texts.

    The mean over all seeds with its t interval, which speaks of new seeds on these texts: the bag of words has no seed,
    and what other texts would change is not in it. With it, how many seeds get more texts right than the bag.

    Raises:
        UserError: the two were not scored on the same number of test texts.
    """
    test = bag.splits["test"]
    scores = [seed.scores["splits"]["test"] for seed in cell.seeds]
    if any(score["texts"] != test.texts for score in scores):
        raise UserError(
            f"{cell.side}-{cell.variant}: it was scored on {scores[0]['texts']} test texts and the bag of words on "
            f"{test.texts}; run `dvc repro` to make both again"
        )
    correct = np.array([score["correct"] for score in scores])
    difference = Estimate.over_seeds((correct - test.correct) / test.texts, level, -1, 1)
    assert difference is not None  # a cell has at least one seed
    better = int((correct > test.correct).sum())
    return OverBagOfWords(**vars(difference), n_seeds=len(correct), n_seeds_better=better)
