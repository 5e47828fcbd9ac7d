"""The accuracy of a cell against the baseline's, on the test texts, padded as trained."""

from stages.analysis.cells import Cell
from stages.params.schema import Epsilon
from stages.stats.accuracies import AccuracyDifference, Tolerated
from stages.stats.two_parts import TwoPartDifference

ONE_SEED = "one seed says nothing about training; set train.seeds to 2 or more"
NEITHER_LEARNED = "neither variant has a seed that learned, so both accuracies are chance"


def tolerated(epsilon: Epsilon) -> Tolerated:
    """The bounds on accuracy of params.yaml."""
    return Tolerated(points=epsilon.accuracy, error_ratio=epsilon.error_ratio)


def no_interval(cell: Cell, baseline: Cell) -> str | None:
    """Why the difference has no interval, or None where it has one."""
    if len(cell.seeds) < 2:
        return ONE_SEED
    if not cell.learned and not baseline.learned:
        return NEITHER_LEARNED
    return None


def accuracy_difference(cell: Cell, baseline: Cell, epsilon: Epsilon) -> AccuracyDifference | TwoPartDifference:
    """Over new seeds and texts: paired by seed, or a bound in two parts where some seeds of either did not learn."""
    if cell.parts.is_coin or baseline.parts.is_coin:
        return TwoPartDifference(cell.parts, baseline.parts, tolerated(epsilon))
    return AccuracyDifference.of(cell.tested, baseline.tested, tolerated(epsilon))
