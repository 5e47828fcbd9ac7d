"""What the rules of the claims share: a stand, what decides it, and how cells and figures are quoted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.derived import BASELINE
from stages.params.layers import WORKING_MASKS
from stages.reporting.format import listed
from stages.reporting.results import DRIFT, Results
from stages.runtime.paths import OTHER_SIDE, condition_name

SUBTLE = 0.1
"""A drift ratio up to this is called subtle: a tenth of the spread that carries the information."""

DRAMATIC = 0.05
"""A change of accuracy beyond this is called dramatic: one text in twenty."""


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


def baselines(results: Results) -> list[CellFacts]:
    """The baseline on every side; none where it was not trained."""
    return [cell for cell in results.cells if cell.variant == BASELINE]


def working(results: Results) -> list[CellFacts]:
    """The variants with a mask that works, on every side."""
    return [cell for cell in results.cells if cell.mask in WORKING_MASKS and cell.variant != BASELINE]


def masked_and_baseline(results: Results) -> list[tuple[CellFacts, CellFacts]]:
    """Every cell with a mask that works, and the baseline on its side."""
    return [(cell, other) for cell in working(results) for other in baselines(results) if other.side == cell.side]


def verdicts_on(
    results: Results, cells: Iterable[CellFacts], estimand: str, conditions: Sequence[str] = ()
) -> list[Finding]:
    """The verdicts on some cells, cell after cell; under the headline condition where none is named.

    Of a state it is that which the classifier reads. Every cell has a drift and flips under every condition of the
    results, so those come one for each; a change of accuracy it has under all but padding as in training.
    """
    under = conditions or [results.headline]
    findings = (results.finding(cell, estimand, condition) for cell in cells for condition in under)
    return [finding for finding in findings if finding is not None]


def defined(findings: Iterable[Finding]) -> list[Finding]:
    """Those that have an estimate."""
    return [finding for finding in findings if finding.estimate is not None]


def all_drifts(results: Results, cells: Iterable[CellFacts]) -> list[Finding]:
    """The drift of every state of some cells, under every condition."""
    names = {(cell.side, cell.variant) for cell in cells}
    return [
        finding
        for finding in results.findings
        if finding.estimand == DRIFT and (finding.side, finding.variant) in names
    ]


def largest_change(findings: Iterable[Finding]) -> float:
    """The largest change of any unit of any text; 0 without findings."""
    return max((finding.largest_change or 0.0 for finding in findings), default=0.0)


def as_in_training(results: Results) -> list[str]:
    """The conditions that pad on the side of training: extra pads, rising, and as trained."""
    return [condition for condition in results.conditions if condition != OTHER_SIDE]


def worst_drift(results: Results, cell: CellFacts) -> Finding | None:
    """The drift under the number of pads that moves most what the classifier reads; None where none is defined."""
    pads = [condition_name(number) for number in results.pads]
    drifts = defined(verdicts_on(results, [cell], DRIFT, pads))
    return max(drifts, key=lambda drift: drift.estimate or 0.0, default=None)


def conjugated(verb: str, subject: str) -> str:
    """The verb behind a condition in words: 16 extra pads flip, 1 extra pad flips, padding as in training flips."""
    return verb if subject.endswith("pads") else f"{verb}s"
