"""What the rules of the claims share: a stand, what decides it, and how cells and figures are quoted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.layers import WORKING_MASKS
from stages.params.schema import BASELINE
from stages.reporting.format import RATIO, Bounded, Scale, listed, spaced
from stages.reporting.results import ACCURACY, DRIFT, Results
from stages.runtime.paths import OTHER_SIDE
from stages.stats.verdicts import UNMOVED, Verdict

SUBTLE = 0.1
"""A drift ratio up to this is called subtle: a tenth of the spread that carries the information."""

DRAMATIC = 0.05
"""A change of accuracy beyond this is called dramatic: one text in twenty."""

UNDEFINED_SHARE = "an undefined share"

Sided = TypeVar("Sided", CellFacts, Finding)


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


def gain_of_mask(results: Results, side: str) -> Finding | None:
    """What the first mask that works adds to the baseline's test accuracy; None where one of the two is missing."""
    masked = next((cell for cell in working(results) if cell.side == side), None)
    return None if masked is None else results.finding(masked, ACCURACY)


def as_in_training(results: Results) -> list[str]:
    """The conditions that pad on the side of training: extra pads, rising, and as trained."""
    return [condition for condition in results.conditions if condition != OTHER_SIDE]


def by_variant(clauses: list[tuple[CellFacts, str]]) -> list[str]:
    """Variant, sides and clause: sides of a variant about which the same is said are said together."""
    sides: dict[tuple[str, str], list[str]] = {}
    for cell, clause in clauses:
        sides.setdefault((cell.variant, clause), []).append(cell.side)
    return [f"`{variant}` ({listed(which)}) {clause}" for (variant, clause), which in sides.items()]


def by_side(sided: Iterable[Sided], figure: Callable[[Sided], str], note: Callable[[Sided], str] | None = None) -> str:
    """0.385 with pre and 0.620 with post, or what `note` says behind each."""
    return listed([spaced(figure(one), f"with {one.side}", note(one) if note else "") for one in sided])


def conjugated(verb: str, subject: str) -> str:
    """The verb behind a condition in words: 16 extra pads flip, 1 extra pad flips, padding as in training flips."""
    return verb if subject.endswith("pads") else f"{verb}s"


def format_known(scale: Scale, value: Bounded | None, undefined: str = "undefined") -> str:
    """0.385 [0.310, 0.470], or that it is undefined."""
    return undefined if value is None or value.estimate is None else scale.of(value)


def format_drift(finding: Finding) -> str:
    """0.385 [0.310, 0.470] DIFFERENT; 0 EXACT; undefined, and why."""
    if finding.verdict is Verdict.UNDEFINED:
        return f"undefined ({finding.reason})"
    return f"0 {finding.verdict}" if finding.verdict in UNMOVED else RATIO.judged(finding)


def format_drifts(findings: list[Finding]) -> str:
    """0.385 [0.310, 0.470] DIFFERENT (pre) and 0 EXACT (post)."""
    return listed([f"{format_drift(finding)} ({finding.side})" for finding in findings])
