"""Which models a variant has: on which padding sides and for which seeds, all in one pool."""

from contextlib import nullcontext

import pytest

import stages.export
import stages.train
from stages.runtime.files import write_json

BOTH = [("pre", 3), ("post", 3), ("pre", 4), ("post", 4)]
CHANGES = {"train.first_seed": 3, "train.seeds": 2}


@pytest.fixture
def handed_out(monkeypatch):
    """The tasks of every pool that a stage asks for, none of which runs."""
    pools = []

    def executor_for(_execution, tasks, _prepare):
        pools.append(tasks)
        return nullcontext()

    for stage in (stages.train, stages.export):
        monkeypatch.setattr(stage, "executor_for", executor_for)
        monkeypatch.setattr(stages.train.progress, "learned", lambda *_: "")
        monkeypatch.setattr(stage, "run_all", lambda _executor, _function, tasks, **_: pools.append(tasks))
    return pools


@pytest.mark.parametrize(
    ("variant", "changes", "models"),
    [
        ("baseline", {}, BOTH),
        ("baseline", {"pad.sides": ["post"]}, [("post", 3), ("post", 4)]),
        ("masked", {}, [("pre", 3), ("pre", 4)]),
        ("masked", {"pad.sides": ["post", "pre"]}, [("post", 3), ("post", 4)]),
        ("masked", {"model.head": "max"}, BOTH),
        ("double_mask", {}, [("pre", 3), ("post", 3)]),
        ("double_mask", {"model.embeddings": "pretrained", "tokenize.vectors": "glove.txt"}, BOTH),
    ],
)
def test_all_models_of_a_variant_are_trained_in_one_pool(make_params, handed_out, tmp_path, variant, changes, models):
    params = make_params({**CHANGES, **changes})
    padded, folder = tmp_path / "padded", tmp_path / "models" / variant
    stages.train.train(params, variant=variant, tokens=tmp_path, padded=padded, models=folder)
    asked_for, tasks = handed_out
    assert asked_for == len(tasks)
    assert [(task.side, task.seed) for task in tasks] == models
    for task in tasks:
        assert task.padded == padded / task.side
        assert task.folder.parts[-2:] == (task.side, f"seed={task.seed}")


@pytest.mark.parametrize(
    ("variant", "read", "trained"),
    [
        ("baseline", BOTH, ["pre", "post", "pre", "post"]),
        ("masked", BOTH, ["pre"] * 4),
        ("double_mask", [("pre", 3), ("post", 3)], ["pre", "post"]),
    ],
)
def test_they_are_read_on_every_side_in_one_pool(make_params, handed_out, tmp_path, variant, read, trained):
    padded, models = tmp_path / "padded", tmp_path / "models" / variant
    for side in ("pre", "post"):
        (padded / side).mkdir(parents=True)
        write_json(padded / side / "profile.json", {"classes": ["a", "b"]})
    (tmp_path / "tokenizer.json").write_text("{}")
    folders = {"tokens": tmp_path, "padded": padded, "models": models, "states": tmp_path / "states"}
    stages.export.export(make_params(CHANGES), variant=variant, **folders)
    asked_for, tasks = handed_out
    assert asked_for == len(tasks)
    assert [(task.side, task.seed) for task in tasks] == read
    for task, side in zip(tasks, trained, strict=True):
        assert task.padded == padded / task.side
        assert task.model == models / side / f"seed={task.seed}" / "model.keras"
        assert task.folder.parts[-2:] == (f"side={task.side}", f"seed={task.seed}")
