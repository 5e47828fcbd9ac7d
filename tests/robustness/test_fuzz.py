"""A short part of `make fuzz`, always the same files."""

import pytest

from tests.robustness.fuzz import EVERY, fuzz


@pytest.mark.slow
@pytest.mark.parametrize("reader", EVERY, ids=lambda reader: reader.__name__)
def test_changed_files_are_read_or_refused(reader):
    fuzz(reader, examples=20, seed=0)
