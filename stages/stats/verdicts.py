"""From an interval and a bound that was chosen beforehand to a word."""

from enum import StrEnum

from stages.stats.intervals import Interval


class Verdict(StrEnum):
    """What an estimate lets one say about a bound ε."""

    PROVEN = "PROVEN"
    EXACT = "EXACT"
    EQUIVALENT = "EQUIVALENT"
    DIFFERENT = "DIFFERENT"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNDEFINED = "UNDEFINED"


UNMOVED = (Verdict.PROVEN, Verdict.EXACT)
"""Nothing moved in any seed: proven for any number of pads, or seen for those that were tested."""


EQUIVALENCE_LEVEL = 0.90
"""Two one-sided tests at 5 % each are a 90 % interval inside (−ε, ε) (Schuirmann 1987)."""


DIFFERENCE_LEVEL = 0.95
"""The level at which a difference is shown, whatever level is printed."""


def judge(equivalence: Interval, difference: Interval, epsilon: float, largest: float = 0.0) -> Verdict:
    """EQUIVALENT, DIFFERENT or INCONCLUSIVE.

    Args:
        equivalence: the interval at EQUIVALENCE_LEVEL; inside (−ε, ε) it shows equivalence.
        difference: the interval at DIFFERENCE_LEVEL; outside [−ε, ε] it shows a difference.
        epsilon: the largest difference that does not matter.
        largest: the largest value that one seed has, for a mean that speaks of a typical seed alone, such as a
            geometric one: EQUIVALENT is not said where it lies beyond ε.
    """
    if -epsilon < equivalence.low and equivalence.high < epsilon and largest <= epsilon:
        return Verdict.EQUIVALENT
    if difference.low > epsilon or difference.high < -epsilon:
        return Verdict.DIFFERENT
    return Verdict.INCONCLUSIVE


def smallest_epsilon(equivalence: Interval, largest: float = 0.0) -> float:
    """ε*: the smallest bound at which `judge` would say EQUIVALENT."""
    return max(abs(equivalence.low), abs(equivalence.high), largest)
