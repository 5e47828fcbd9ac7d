"""The first texts of a file under every condition."""

import numpy as np
import pytest

from stages.analysis.samples import Sample
from stages.states.reader import StatesBatch

NAMES = ("h_lstm_1", "head")


def batch(first, texts, shift=0.0, pads=0, names=("h_lstm_1", "c_lstm_1", "head")):
    ids = np.arange(first, first + texts)
    return StatesBatch(
        text_id=ids,
        label=(ids % 3).astype(np.int32),
        length=(ids % 5 + 1).astype(np.int32),
        pads=np.full(texts, pads, np.int32),
        probability=np.eye(3, dtype=np.float32)[(ids + int(shift)) % 3],
        vectors={name: np.outer(ids + shift, [1, len(name)]).astype(np.float32) for name in names},
    )


def of(first, texts, rows):
    alone, padded = batch(first, texts), batch(first, texts, shift=1.0, pads=8)
    return Sample.of(alone, {"pads-0": alone, "pads-8": padded}, NAMES, rows)


@pytest.mark.parametrize(("rows", "kept"), [(4, 4), (6, 6), (100, 6)])
def test_the_first_rows_and_the_named_states_alone(rows, kept):
    found = of(10, 6, rows)
    assert len(found) == kept
    assert found.text_id.tolist() == list(range(10, 10 + kept))
    assert found.label.tolist() == [each % 3 for each in range(10, 10 + kept)]
    assert found.length.tolist() == [each % 5 + 1 for each in range(10, 10 + kept)]
    assert found.predicted["pads-8"].tolist() == [(each + 1) % 3 for each in range(10, 10 + kept)]
    assert {name: pads.tolist() for name, pads in found.pads.items()} == {"pads-0": [0] * kept, "pads-8": [8] * kept}
    assert {name: set(each) for name, each in found.vectors.items()} == {"pads-0": set(NAMES), "pads-8": set(NAMES)}
    assert found.vectors["pads-8"]["head"].tolist() == [[each + 1, 4 * (each + 1)] for each in range(10, 10 + kept)]


def test_samples_of_batches_are_the_sample_of_all():
    whole, parts = of(0, 9, 9), of(0, 4, 4) + of(4, 5, 5)
    assert len(parts) == 9
    for field in ("text_id", "label", "length"):
        assert np.array_equal(getattr(parts, field), getattr(whole, field))
    for condition in ("pads-0", "pads-8"):
        assert np.array_equal(parts.predicted[condition], whole.predicted[condition])
        assert np.array_equal(parts.pads[condition], whole.pads[condition])
        for name in NAMES:
            assert np.array_equal(parts.vectors[condition][name], whole.vectors[condition][name])


def test_what_was_kept_does_not_hold_on_to_the_batch():
    """Otherwise a few rows of every batch would keep all of it in memory."""
    alone = batch(0, 6)
    found = Sample.of(alone, {"pads-0": alone}, NAMES, 2)
    alone.vectors["head"][:] = 99
    assert found.vectors["pads-0"]["head"].tolist() == [[0, 0], [1, 4]]
