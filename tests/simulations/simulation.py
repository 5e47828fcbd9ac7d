"""What one simulation is, and the row of the table that its runs give."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

import numpy as np

WORTH_SAYING = 0.92
"""A 95 % interval that covers less than this is named in the table."""
SEED = 20_261_122

Draw = Callable[[np.random.Generator], bool]


class Kind(StrEnum):
    """What one run may do."""

    COVERED = "covered"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Simulation:
    """One property of one estimator.

    Attributes:
        what: the estimator and the setting; unique.
        truth: what is planted.
        kind: whether a run covers the truth or rejects a hypothesis.
        nominal: how often it should, or None where the table only says how often it does (power).
        runs: how many are drawn.
        draw: one run, from data of its own.
        at_most: whether doing so less often than nominal is no fault (exact, conservative tests).
        remark: what to know about the row.
    """

    what: str
    truth: str
    kind: Kind
    nominal: float | None
    runs: int
    draw: Draw
    at_most: bool = False
    remark: str = ""

    def generator(self) -> np.random.Generator:
        """A stream of its own: adding a simulation changes no other row."""
        return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(crc32(self.what.encode()),)))

    def run(self, runs: int | None = None) -> "Row":
        """Draw the runs, or only the first of them."""
        generator = self.generator()
        runs = self.runs if runs is None else runs
        return Row(self, runs, sum(bool(self.draw(generator)) for _ in range(runs)))


@dataclass(frozen=True)
class Row:
    """How often a simulation did what it should."""

    simulation: Simulation
    runs: int
    hits: int

    @property
    def share(self) -> float:
        """Share of the runs that covered or rejected."""
        return self.hits / self.runs

    @property
    def standard_error(self) -> float:
        """Monte Carlo standard error of the share; half a run is added on either side so that it is never 0."""
        share = (self.hits + 0.5) / (self.runs + 1)
        return float(np.sqrt(share * (1 - share) / self.runs))

    def remark(self) -> str:
        """The remark, and what the numbers themselves say against the estimator."""
        said = [self.simulation.remark] if self.simulation.remark else []
        nominal = self.simulation.nominal
        if nominal == 0.95 and self.simulation.kind is Kind.COVERED and self.share < WORTH_SAYING:
            said.insert(0, "**covers less than 92 %**")
        if nominal is not None and self.simulation.kind is Kind.REJECTED:
            if self.share > nominal + 3 * self.standard_error:
                said.insert(0, "**rejects too often**")
            elif not self.simulation.at_most and self.share < nominal - 3 * self.standard_error:
                said.insert(0, "rejects less often than promised")
        return "; ".join(said)

    def line(self) -> str:
        """The row of the Markdown table."""
        nominal = self.simulation.nominal
        expected = "–" if nominal is None else f"{'≤ ' if self.simulation.at_most else ''}{100 * nominal:g} %"
        cells = (
            self.simulation.what,
            self.simulation.truth,
            str(self.runs),
            f"{self.simulation.kind} {100 * self.share:.1f} %",
            expected,
            f"{100 * self.standard_error:.1f} %",
            self.remark(),
        )
        return f"| {' | '.join(cells)} |"
