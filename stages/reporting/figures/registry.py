"""Every figure of the report with its caption in Markdown: what it says in bold, then how to read it."""

from typing import NamedTuple

from stages.reporting.figures.accuracies import accuracy_figure, mismatch_figure
from stages.reporting.figures.against_pads import drift_figure, flips_figure
from stages.reporting.figures.batches import cost_figure, lengths_figure
from stages.reporting.figures.calibration import calibration_figure
from stages.reporting.figures.forgetting import forgetting_figure
from stages.reporting.figures.probes import padcount_figure, probes_figure
from stages.reporting.figures.style import Draw
from stages.reporting.figures.trajectories import path_figure
from stages.reporting.figures.verdict_forest import verdicts_figure


class Entry(NamedTuple):
    """One figure of the report."""

    draw: Draw
    caption: str


FIGURES = {
    "verdicts": Entry(
        verdicts_figure,
        "**The six verdicts.** The mark is the estimate, the line its 95 % interval. Within the strip, differences are "
        "too small to matter.",
    ),
    "drift": Entry(
        drift_figure,
        "**How far pads move the state.** Lines are geometric means over seeds, bands their intervals, dots single "
        "seeds. A line that climbs above ε (dotted) is a leak; one on the floor is a state that did not move. Dashes "
        "over a solid line are two variants with the same figures; a band that reaches the edge goes on beyond it. "
        "Lower panels, if any, show each recurrent layer.",
    ),
    "flips": Entry(
        flips_figure,
        "**How many predictions pads change.** The share of test texts whose predicted class is another with pads than "
        "without, in the same trained model; below the dotted line (ε) it is said not to matter.",
    ),
    "accuracy": Entry(
        accuracy_figure,
        "**What training on padding costs.** Each dot is one seed, hollow where it did not beat chance; the bar is "
        "their mean, the line its interval. Compare variants within a panel: they share initial weights, texts and "
        "order.",
    ),
    "mismatch": Entry(
        mismatch_figure,
        "**What serving under another padding does.** The same models read the test texts alone, with extra pads, "
        'padded as in training, and padded on the other side. A variant that falls away from "as trained" must be '
        "served exactly so; one that stays level need not be.",
    ),
    "calibration": Entry(
        calibration_figure,
        "**Whether confidence survives padding.** Each point is a bin of equally many predictions: how sure the model "
        "was, and how often it was right. Below the diagonal it is too sure of itself; the number behind each "
        "condition is its calibration error, corrected for chance.",
    ),
    "forgetting": Entry(
        forgetting_figure,
        "**How fast pads make the model forget.** Distance between the states of two texts, as a share of that "
        "without pads: where it falls, pads erase what tells texts apart. If pairs of two classes (dashed) "
        "fall as fast as pairs of one (solid), the prediction is forgotten too. With pre-padding the start state "
        "moves, and the text then overwrites it: nothing that was read is forgotten.",
    ),
    "path": Entry(
        path_figure,
        "**Where pads carry the states.** Each line is one text, from its state alone (open) to that under most pads "
        "(filled), in the plane in which the states of the texts alone differ most. Lines that run together are texts "
        "that the model no longer tells apart.",
    ),
    "padcount": Entry(
        padcount_figure,
        "**Whether the state tells how many pads it read.** A linear probe names the number of pads from the state; "
        "the dotted line is chance. On the right, how many of the bits that name the number of pads the state gives "
        "away; a state without a trace of pads gives 0.",
    ),
    "probes": Entry(
        probes_figure,
        "**Whether pads hide the label from its reader.** Filled: the model's own classifier. Hollow: a linear probe "
        "fitted on the labels of these texts, with these pads. Upright lines are intervals. Compare the gap with that "
        "without pads; where both fall, a linear reader does not find the label.",
    ),
    "lengths": Entry(
        lengths_figure,
        "**Why there is padding at all.** On the left, how many training texts have which length; on the right, the "
        "same texts as rows of max_len tokens, side by side from short to long: text, padding, and what is cut off.",
    ),
    "cost": Entry(
        cost_figure,
        "**What padding costs, and which batching saves it.** Steps of one training epoch under four ways to batch the "
        "same texts, and the variants that can be trained so without changing what they compute (grey: none). "
        "Steps are counted, not timed; no padding at all is the floor.",
    ),
}
"""By the stem of the file, in the order in which a reader meets them."""
