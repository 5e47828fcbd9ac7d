"""Padded texts and trained cells that the tests of models share."""

import pytest

from stages.modeling.training import train_seed
from tests.modeling.cells import VARIANTS, training_unit
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
        train_seed(training_unit(make_params, padded["post"], root / variant, variant))
    return root
