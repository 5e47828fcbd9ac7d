import numpy as np
import pytest

from stages.texts.tokens.encoding import Encoded
from stages.texts.tokens.profile import SplitTally


def test_the_profile_of_a_split_by_hand() -> None:
    tally = SplitTally(5)
    for tokens, length in (([2, 1], [2, 0]), ([2, 2, 1, 3], [4]), ([2, 2], [2])):
        tally.add(Encoded(np.array(tokens, np.int32), np.array(length, np.int32)))
    profile = tally.profile()
    assert (profile["texts"], profile["dropped_empty"], profile["tokens"]) == (3, 1, 8)
    assert profile["unknown_share"] == pytest.approx(2 / 8)
    assert profile["coverage"] == pytest.approx(6 / 8)
    assert profile["vocabulary_share"] == pytest.approx(3 / 4)  # unknown, a and b of unknown, a, b and c
    assert profile["length_counts"] == [0, 0, 2, 0, 1]
    assert profile["length_mean"] == pytest.approx(8 / 3)
    assert profile["length_quantiles"] == {
        "0": 2, "0.05": 2, "0.25": 2, "0.5": 2, "0.75": 4, "0.95": 4, "0.99": 4, "1": 4,
    }  # fmt: skip
