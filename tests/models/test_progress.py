"""What is told of models that were trained."""

import pytest

from stages.models.progress import ended, learned
from stages.runtime.files import write_json
from tests.models.cells import training_task


@pytest.fixture
def task(make_params, tmp_path):
    return training_task(make_params, tmp_path, tmp_path / "seed=3", side="pre", seed=3)


def write_scores(folder, right):
    """Scores of a model that has `right` of 100 texts right, where 50 are of one class."""
    split = {"texts": 100, "correct": right, "majority": 50, "accuracy": right / 100}
    write_json(folder / "scores.json", {"splits": {"test": split, "validation": split}, "training": {"epochs": 1}})
    return folder


def test_a_line_says_the_accuracy_and_the_epochs(task):
    write_scores(task.folder, 87)
    assert ended(task) == "pre, seed 3: accuracy 87.0 %, 1 of 2 epochs"


def test_where_most_models_learned_the_line_counts_them(tmp_path):
    """The 95 % interval of 60 in 100 reaches from 50.2 to 69.1 %, that of 59 from 49.2 %."""
    folders = [write_scores(tmp_path / str(number), right) for number, right in enumerate([60, 59])]
    assert learned(folders, 10) == "1 of 2 models are shown above the majority share of the validation texts"


def test_where_few_did_it_says_what_to_do(tmp_path):
    folders = [write_scores(tmp_path / str(number), right) for number, right in enumerate([60, 59, 50])]
    assert learned(folders, 10).startswith("1 of 3 models are shown above the majority share of the validation texts, ")
    assert "`dvc exp run -S train.epochs=30 -S train.patience=0`" in learned(folders, 10)
