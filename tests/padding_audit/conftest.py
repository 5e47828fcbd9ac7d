"""What the tests of the room share."""

import pytest

from stages.models.tensorflow_setup import prepare_tensorflow


@pytest.fixture(scope="session", autouse=True)
def _tensorflow_as_the_stages_set_it_up():
    """It can be set up once in a process, before its first use, and tests of the stages may follow in this one."""
    prepare_tensorflow()
