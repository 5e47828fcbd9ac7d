"""Padded texts and trained cells that the tests of models share."""

from functools import cache

import pytest

from stages.models import training
from stages.models.training import train_seed
from tests.models.cells import VARIANTS, training_task
from tests.padded_texts import write_padded


@pytest.fixture(scope="module")
def padded(tmp_path_factory):
    root = tmp_path_factory.mktemp("padded")
    return {side: write_padded(root / side, side) for side in ("pre", "post")}


@pytest.fixture(scope="module")
def trained(make_params, padded, tmp_path_factory):
    """The three variants of one seed, trained on the same texts."""
    root = tmp_path_factory.mktemp("trained")
    for variant in VARIANTS:
        train_seed(training_task(make_params, padded["post"], root / variant, variant))
    return root


@pytest.fixture(scope="session", autouse=True)
def _every_trainer_is_kept():
    """A stage keeps the trainer of its one cell; tests that train the same cell need not trace it anew."""
    patch = pytest.MonkeyPatch()
    patch.setattr(training, "_trainer", cache(training._trainer.__wrapped__))
    yield
    patch.undo()
