"""What the rules of the claims share: a stand, what decides it, and the figures that many of them quote."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.layers import WORKING_MASKS
from stages.params.schema import BASELINE
from stages.reporting.format import format_ratio, format_ratio_interval, listed, spaced
from stages.reporting.typed_results import Results
from stages.stats.verdicts import Verdict

SUBTLE = 0.1
"""A drift ratio up to this is called subtle: a tenth of the spread that carries the information."""

DRAMATIC = 0.05
"""A change of accuracy, or a share of flips, beyond this is called dramatic: one text in twenty."""


class Stand(StrEnum):
    """What this run says of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    DEPENDS = "depends"
    OPEN = "open"


@dataclass(frozen=True)
class Ruling:
    """A stand, the figure that decides it, and what it depends on where it depends."""

    stand: Stand
    figure: str
    depends_on: str | None = None


Rule = Callable[[Results], Ruling]


def queue(*choices: str) -> str:
    """The commands that run one experiment for each combination of the choices."""
    return f"`dvc exp run --queue {' '.join(f'-S {choice}' for choice in choices)}`, then `dvc queue start`"


def sweeps(results: Results, *names: str) -> str:
    """The commands that run sweeps on the dataset of this report."""
    return listed([f"`make sweep NAME={name} DATASET={results.report.params['dataset']}`" for name in names])


def of_baseline(results: Results, estimand: str, conditions: list[str]) -> list[Finding]:
    """The baseline's verdicts under some conditions, every side after the other."""
    found = [results.finding(cell, estimand, condition) for cell in baselines(results) for condition in conditions]
    return [each for each in found if each is not None]


def baselines(results: Results) -> list[CellFacts]:
    """The baseline on every side; none where it was not trained."""
    return [cell for cell in results.cells if cell.variant == BASELINE]


def working(results: Results) -> list[CellFacts]:
    """The variants with the mask that works, on every side."""
    return [cell for cell in results.cells if cell.mask in WORKING_MASKS and cell.variant != BASELINE]


def working_on(results: Results, side: str) -> CellFacts | None:
    """The first variant with the mask that works on one side."""
    return next((cell for cell in working(results) if cell.side == side), None)


def by_variant(parts: list[tuple[CellFacts, str]]) -> list[str]:
    """Variant, sides and text: sides of a variant about which the same is said are said together."""
    sides: dict[tuple[str, str], list[str]] = {}
    for cell, text in parts:
        sides.setdefault((cell.variant, text), []).append(cell.side)
    return [f"`{variant}` ({listed(where)}) {text}" for (variant, text), where in sides.items()]


def drift_of(finding: Finding) -> str:
    """0.385 [0.310, 0.470] DIFFERENT."""
    if finding.estimate is None:
        return f"undefined ({finding.reason})" if finding.reason else "undefined"
    interval = "" if finding.verdict is Verdict.EXACT else format_ratio_interval(finding.low, finding.high)
    return spaced(format_ratio(finding.estimate), interval, str(finding.verdict))
