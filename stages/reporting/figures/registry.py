"""Every figure of the report."""

from stages.reporting.figures.accuracies import accuracy_figure, mismatch_figure
from stages.reporting.figures.against_pads import drift_figure, flips_figure
from stages.reporting.figures.batches import cost_figure, lengths_figure
from stages.reporting.figures.calibration import calibration_figure
from stages.reporting.figures.forgetting import forgetting_figure
from stages.reporting.figures.probes import padcount_figure, probes_figure
from stages.reporting.figures.style import Draw
from stages.reporting.figures.trajectories import path_figure
from stages.reporting.figures.verdict_forest import verdicts_figure

FIGURES: dict[str, Draw] = {
    "verdicts": verdicts_figure,
    "drift": drift_figure,
    "flips": flips_figure,
    "accuracy": accuracy_figure,
    "mismatch": mismatch_figure,
    "calibration": calibration_figure,
    "forgetting": forgetting_figure,
    "path": path_figure,
    "padcount": padcount_figure,
    "probes": probes_figure,
    "lengths": lengths_figure,
    "cost": cost_figure,
}
"""By the stem of the file, in the order in which a reader meets them."""
