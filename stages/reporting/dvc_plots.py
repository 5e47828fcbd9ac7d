"""What `dvc plots` and `dvc metrics` read: tidy rows, from which drift and flips are drawn as well, and numbers."""

from dataclasses import asdict, dataclass

from stages.reporting.results import DRIFT, FLIPS, Estimate, Record, Results
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


def plot_records(results: Results, history: list[Record]) -> dict[str, list[Record]]:
    """The records of each file under plots/, by its stem.

    Args:
        results: the report.
        history: one record for each side, variant, seed and epoch, with losses and accuracies.
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
                "accuracy": seed.accuracy,
            }
            for cell in results.cells
            for seed in cell.seeds
        ],
        "learning": rounded([{"cell": f"{row['side']}-{row['variant']}"} | row for row in history]),
    }


def metrics(results: Results) -> Record:
    """By side and variant: numbers alone, a key left out where it is undefined."""
    nested: Record = {}
    for cell in results.cells:
        drift, flips = (results.finding(cell, estimand, results.headline) for estimand in (DRIFT, FLIPS))
        values = {
            "accuracy": cell.accuracy,
            "drift_ratio": drift.estimate if drift else None,
            "flip_rate": flips.estimate if flips else None,
            "seeds_at_chance": cell.at_chance,
            "padding_share": cell.padding_share,
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
