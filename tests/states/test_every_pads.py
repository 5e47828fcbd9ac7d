"""The worst number of pads is that of reading every padded row whole."""

import numpy as np
import pytest

from tests.states.test_pad_runs import CHAINS, built

pytestmark = pytest.mark.slow

MOST = 30
WIDTH, WIDE = 9, 50


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize(
    ("name", "width"),
    [*((name, WIDTH) for name in ("lstm", "gru", "two layers", "mask", "second mask")), ("lstm", WIDE)],
)
def test_the_worst_is_that_of_every_padded_row(name, width, side, monkeypatch):
    """A row of training may hold more pads than are tried: long reviews ended in an IndexError."""
    model = built(**CHAINS[name])
    from stages.states import every_pads
    from stages.states.instrument import InstrumentedModel
    from stages.states.pad_runs import PadRuns
    from stages.states.rows import with_pads

    monkeypatch.setattr(every_pads, "MOST", MOST)
    monkeypatch.setattr(every_pads, "POSITIONS", 200)  # so that starts are read in several parts
    rng = np.random.default_rng(3)
    texts = [(rng.integers(1, 40, (8, length), dtype=np.int32), rng.integers(0, 3, 8)) for length in (2, 5, 9)]
    found = every_pads.worst_pads(PadRuns.of(model), texts, width, side)
    whole = InstrumentedModel(model)  # in one compiled function for all widths

    def classes(pads):
        return [whole.read(with_pads(tokens, pads(tokens), side)).output.argmax(axis=1) for tokens, _ in texts]

    label = np.concatenate([labels for _, labels in texts])
    trained = np.concatenate(classes(lambda tokens: width - tokens.shape[1]))
    by_pads = [np.concatenate(classes(lambda _, count=count: count)) for count in range(MOST + 1)]
    flipped = [int((each != trained).sum()) for each in by_pads]
    right = [int((each == label).sum()) for each in by_pads]
    assert found == {
        "texts": 24,
        "pads": MOST,
        "as_trained": int((trained == label).sum()),
        "flipped": {"pads": int(np.argmax(flipped)), "texts": max(flipped)},
        "right": {"pads": int(np.argmin(right)), "texts": min(right)},
    }
    assert (max(flipped) > 0) is (name != "mask")
