"""What `dvc plots` and `dvc metrics` read: tidy rows, from which drift and flips are drawn as well, and numbers."""

from dataclasses import asdict, dataclass
from typing import Any

from stages.analysis.contract import Epoch, to_json
from stages.analysis.estimate import Estimate
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


def metrics(results: Results) -> dict[str, dict[str, dict[str, float]]]:
    """By side and variant: numbers alone, a key left out where it is undefined."""
    nested: dict[str, dict[str, dict[str, float]]] = {}
    for cell in results.cells:
        drift, flips = (results.finding(cell, estimand, results.headline) for estimand in (DRIFT, FLIPS))
        values = {
            "accuracy": cell.accuracy.mean,
            "drift_ratio": drift.estimate if drift else None,
            "flip_rate": flips.estimate if flips else None,
            "seeds_at_chance": cell.n_seeds_at_chance,
            "padding_share": cell.padding_share_computed,
        }
        known = {key: value for key, value in values.items() if value is not None}
        nested.setdefault(cell.side, {})[cell.variant] = known
    return nested


def rows_by_pads(results: Results, estimand: str) -> list[PadsRow]:
    """Drift or flips of every cell at every number of extra pads, left out where they are undefined."""
    return [
        PadsRow(cell.name, cell.side, cell.variant, pads, finding.estimate, finding.low, finding.high)
        for cell in results.cells
        for pads in results.pads
        if (finding := results.finding(cell, estimand, condition_name(pads))) and finding.estimate is not None
    ]
