"""What the tests of models share."""

import pytest


@pytest.fixture(autouse=True)
def _every_trainer_is_kept(trainers_kept):
    """Tests that train the same cell need not trace it anew."""
