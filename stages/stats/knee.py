"""Where more stops to pay: the knee of a curve that rises and levels off."""

from collections.abc import Sequence

import numpy as np


def knee(cost: Sequence[float], gain: Sequence[float]) -> int | None:
    """The index of the point furthest above the chord from the cheapest to the dearest point (Satopää et al. 2011).

    Both axes are scaled to [0, 1] first, so that neither unit matters. None where no point lies above the chord: the
    curve is flat, falls, has no inner point, or bends the other way.

    Args:
        cost: rising.
        gain: in the same order.
    """
    x, y = np.asarray(cost, dtype=np.float64), np.asarray(gain, dtype=np.float64)
    if len(x) < 3 or np.ptp(x) == 0 or y[-1] <= y[0]:
        return None
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    best = int(above[1:-1].argmax()) + 1
    return best if above[best] > 1e-12 else None
