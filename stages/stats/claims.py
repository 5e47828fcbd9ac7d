"""What a family of questions lets one claim: p of each claim, and Holm's correction over the questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import e, log1p
from typing import Protocol

import numpy as np

from stages.stats.intervals import Interval

LOOKS = (6, 12, 18, 24)
"""Seeds at which `make decide` looks."""

SMALLEST_P = 1e-9
"""No smaller p is looked for."""
STEPS = 28
"""Halvings of the range of ln p, which leave an error of a ten millionth of p."""
MOST_SEEDS = 1000
"""As many as params.yaml allows."""

Intervals = Callable[[float], Interval]
"""From a confidence level to the interval of that level; a higher one holds every lower one."""


@dataclass(frozen=True)
class Claims:
    """p of the claims that may be made about one question; each is valid where its claim is false.

    Attributes:
        different: of DIFFERENT, two-sided: at most .05 where the 95 % interval lies beyond a bound.
        equivalent: of EQUIVALENT: at most .05 where the 90 % interval lies within the bounds (Schuirmann 1987).
        not_worse: of "no worse than the lower bound", one-sided: at most .05 where the 90 % interval lies above it.
    """

    different: float
    equivalent: float
    not_worse: float

    @property
    def smaller(self) -> float:
        """p of the claim that is made, or nearest."""
        return min(self.different, self.equivalent)


class Evidence(Protocol):
    """What seeds and texts say about one question."""

    def claims(self) -> Claims:
        """p of its claims."""

    def interval(self, level: float) -> Interval:
        """The estimate and its two-sided interval."""

    def with_seeds(self, seeds: int) -> "Evidence":
        """What so many seeds would say at the present estimate and spread."""


def above(interval: Intervals, bound: float) -> float:
    """One-sided p of "not above the bound": half of 1 − level of the widest interval that lies above it."""
    return _smallest_tail(lambda level: interval(level).low > bound)


def below(interval: Intervals, bound: float) -> float:
    """One-sided p of "not below the bound"."""
    return _smallest_tail(lambda level: interval(level).high < bound)


def claims_within(interval: Intervals, lowest: float, highest: float) -> Claims:
    """The claims about a figure that does not matter from `lowest` to `highest`, both included."""
    not_below, not_above = above(interval, lowest), below(interval, highest)
    beyond = min(below(interval, lowest), above(interval, highest))
    return Claims(min(1.0, 2 * beyond), max(not_below, not_above), not_below)


def worst_case(claims: Sequence[Claims], worst: int, choices: int) -> Claims:
    """The claims about all conditions of one question, of which one was chosen to speak because it looks worst.

    DIFFERENT is said of that one, and its p times `choices` pays for the choice (Bonferroni with weights: 1 / choices,
    summed over the conditions, is 1); the others are said of every condition, so that the largest p counts
    (intersection–union, Berger & Hsu 1996).
    """
    return Claims(
        different=min(1.0, choices * claims[worst].different),
        equivalent=max(each.equivalent for each in claims),
        not_worse=max(each.not_worse for each in claims),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p of every question (Holm 1979): those at most α may be claimed together.

    Of each question one claim is false, for EQUIVALENT says "at most ε" and DIFFERENT "more than ε", and p is that of
    the likelier claim. So each question offers one chance of error, whose p is valid, and α / m for each of the m
    questions keeps the chance of any false claim at α, however they depend on each other (Bonferroni). Holm's steps
    grant α / (m − k) once k questions are decided. A question that is decided rightly can no longer be decided falsely,
    and one that is open to error is hardly ever decided rightly: at a bound, where a false claim has its full chance,
    the true one has at most that chance too. For independent questions that keeps α (Shaffer 1980, for claims of
    direction); for questions that share seeds and texts tests/calibration.md shows it.
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def spent(alpha: float, look: int) -> float:
    """The share of α that one of several looks may spend, at a number of seeds that grows from look to look.

    What Pocock's spending function α ln(1 + (e − 1) t) grows by from look to look (Lan and DeMets 1983), t being the
    share of the last look's seeds: of .05, .0179, .0131, .0104 and .0086. They add up to α, so that the chance of a
    false verdict at any look is at most α, however the looks depend on each other (Bonferroni).

    Args:
        alpha: of all looks together.
        look: from 1 to their number; 0 where there is one alone, which may spend all.
    """
    if not look:
        return alpha
    before, now = (log1p((e - 1) * seeds / LOOKS[-1]) for seeds in (0, *LOOKS)[look - 1 : look + 1])
    return alpha * (now - before)


def seeds_needed(claims_with: Callable[[int], Claims], now: int, at_most: float) -> int | None:
    """The fewest seeds, more than now, whose claim would have p at most `at_most`; None where no number up to 1,000.

    Args:
        claims_with: the claims as so many seeds would give them at the present estimate and spread.
        now: how many there are.
        at_most: what p may be.
    """

    def decides(seeds: int) -> bool:
        return claims_with(seeds).smaller <= at_most

    if now >= MOST_SEEDS or not decides(MOST_SEEDS):
        return None
    too_few, enough = now, MOST_SEEDS
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if decides(middle) else (middle, enough)
    return enough


def _smallest_tail(holds: Callable[[float], bool]) -> float:
    """The smallest q at which what `holds` of the interval of level 1 − 2q still does; 1 where it does for none."""
    if not holds(0.0):
        return 1.0
    if holds(1 - 2 * SMALLEST_P):
        return SMALLEST_P
    fails, does = np.log(SMALLEST_P), np.log(0.5)
    for _ in range(STEPS):
        middle = (fails + does) / 2
        fails, does = (fails, middle) if holds(1 - 2 * np.exp(middle)) else (middle, does)
    return float(np.exp(does))
