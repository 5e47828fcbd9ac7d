"""Where pads lead a state, seen in the plane in which the states of unpadded texts spread most."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_TEXTS = 12
FLAT = 1e-6
"""Where the second component's spread is below this share of the first's, the states lie on a line, not in a plane."""


@dataclass(frozen=True)
class PrincipalPath:
    """Coordinates of m texts in a plane, at K numbers of pads.

    Attributes:
        explained: share of the variance of the unpadded states along each of the two axes.
        pads: the numbers of pads, ascending, K of them.
        x: coordinates along the first principal component, shape (m, K).
        y: the same along the second.
    """

    explained: tuple[float, float]
    pads: tuple[int, ...]
    x: Floats
    y: Floats


def chosen_texts(predicted: NDArray[np.integer], most: int = MOST_TEXTS) -> NDArray[np.intp]:
    """Rows of at most `most` texts to follow: the first half from each of the two classes predicted most often.

    Args:
        predicted: the class predicted for each text alone, shape (n,).
        most: an even number; where one class alone is predicted, half as many texts are chosen.
    """
    classes, counts = np.unique(predicted, return_counts=True)
    frequent = classes[np.argsort(-counts, kind="stable")[:2]]
    return np.concatenate([np.flatnonzero(predicted == kind)[: most // 2] for kind in np.sort(frequent)])


def principal_path(alone: NDArray[np.floating], by_pads: Mapping[int, NDArray[np.floating]]) -> PrincipalPath | None:
    """Project states onto the first two principal components of the states of unpadded texts.

    The plane is that of the unpadded states, so a path that leaves it is seen shortened. Each axis points to where
    its largest weight is positive.

    Args:
        alone: states of the texts alone, shape (n, width): they span the plane.
        by_pads: states of the texts to follow, shape (m, width), by number of pads.

    Returns:
        None where there is no plane: one unit, fewer than three texts, or states on a line or in a point.
    """
    reference = alone.astype(np.float64)
    if min(reference.shape[1], len(reference) - 1) < 2:
        return None
    centre = reference.mean(axis=0)
    _, spread, axes = np.linalg.svd(reference - centre, full_matrices=False)
    if spread[0] <= FLAT * np.abs(reference).max() or spread[1] <= FLAT * spread[0]:
        return None
    plane = axes[:2]
    plane = plane * np.sign(plane[np.arange(2), np.abs(plane).argmax(axis=1)])[:, np.newaxis]
    pads = tuple(sorted(by_pads))
    states = np.stack([by_pads[count].astype(np.float64) - centre for count in pads], axis=1)
    first, second = spread[:2] ** 2 / (spread**2).sum()
    return PrincipalPath((float(first), float(second)), pads, states @ plane[0], states @ plane[1])
