import pytest

from tests.ingest.bench import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)
