"""What `dvc plots` and `dvc metrics` read: tidy rows, from which drift and flips are drawn as well, and numbers."""

from dataclasses import asdict, dataclass
from typing import Any

from stages.analysis.contract import Epoch, to_json
from stages.analysis.estimate import Estimate
from stages.params.derived import BASELINE
from stages.reporting.answer import ACCURACY, LEAK, SERVING, flips_by_pads
from stages.reporting.results import DRIFT, FLIPS, Results
from stages.runtime.paths import condition_name
from stages.stats.rounding import rounded


@dataclass(frozen=True)
class PadsRow:
    """The figure of one cell under a number of extra pads, with its interval."""

    cell: str
    side: str
    variant: str
    pads: int
    estimate: float
    low: float | None
    high: float | None

    @property
    def value(self) -> Estimate:
        """The figure with its interval."""
        return Estimate(self.estimate, self.low, self.high)


def plot_records(results: Results, history: list[Epoch]) -> dict[str, list[dict[str, Any]]]:
    """The records of each file under plots/, by its stem.

    Args:
        results: the report.
        history: losses and accuracies of every epoch of every seed.
    """
    return {
        "drift": [asdict(row) for row in rows_by_pads(results, DRIFT)],
        "flips": [asdict(row) for row in rows_by_pads(results, FLIPS)],
        "accuracy": [
            {
                "cell": cell.name,
                "side": cell.side,
                "variant": cell.variant,
                "seed": seed.seed,
                "accuracy": seed.accuracy.estimate,
            }
            for cell in results.cells
            for seed in cell.seeds
        ],
        "learning": rounded([{"cell": f"{epoch.side}-{epoch.variant}"} | to_json(epoch) for epoch in history]),
    }


def metrics(results: Results) -> dict[str, dict[str, float]]:
    """Six numbers a side that people compare between runs, each left out where it is undefined.

    The accuracy of the baseline and of the variant that masks, by their ids; of the family the estimates `leak`, `gain`
    (question accuracy) and `serving`; and `flips`, the baseline's largest share of predictions that are others than as
    trained, under any number of pads on the side of training.
    """
    found: dict[str, dict[str, float | None]] = {side: {} for side in results.sides}
    for cell in results.cells:
        if cell.variant in (BASELINE, results.masked_variant):
            found[cell.side][cell.variant] = cell.accuracy.mean
        if cell.variant == BASELINE:
            found[cell.side]["flips"] = max((share for share, _ in flips_by_pads(cell)), default=None)
    for question, name in {LEAK: "leak", ACCURACY: "gain", SERVING: "serving"}.items():
        for record in results.judged(question):
            found[record.side][name] = record.estimate
    return {side: {name: value for name, value in known.items() if value is not None} for side, known in found.items()}


def rows_by_pads(results: Results, estimand: str) -> list[PadsRow]:
    """Drift or flips of every cell at every number of extra pads, left out where they are undefined."""
    return [
        PadsRow(cell.name, cell.side, cell.variant, pads, finding.estimate, finding.low, finding.high)
        for cell in results.cells
        for pads in results.pads
        if (finding := results.finding(cell, estimand, condition_name(pads))) and finding.estimate is not None
    ]
