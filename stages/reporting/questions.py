"""What practitioners ask about padding, each answered in two sentences, or by the run that would have the answer."""

import shlex
from collections.abc import Callable

import numpy as np

from stages.analysis.contract import Question
from stages.analysis.contract_cells import CellFacts
from stages.params.derived import BASELINE
from stages.params.layers import RECURRENT
from stages.reporting.answer import ACCURACY, LEAK, different, points
from stages.reporting.claims.cost import cheapest, share_of_steps, steps_against
from stages.reporting.claims.stand import (
    all_drifts,
    baselines,
    largest_change,
    masked_and_baseline,
    sweeps,
    working,
    worst_drift,
)
from stages.reporting.format import format_percent, format_ratio
from stages.reporting.results import Results, condition_text, head_text
from stages.reporting.tables_data import BATCHINGS
from stages.stats.seed_pairs import as_ratio, logarithms, over_seeds
from stages.stats.verdicts import UNMOVED, Verdict

Answer = Callable[[Results], str]

RECURRENT_TYPES = (*(cell.layer for cell in RECURRENT.values()), "Bidirectional")
WORDS_AT_MASKED_STEPS = {"repeats": "repeats the step before", "zeros": "gives zeros", "other": "gives other values"}
WITH_MASK = "train.variants=[baseline,masked]"
UNDECIDED_SIDE = "Without a mask this run cannot tell the sides apart."


def questions(results: Results) -> list[Question]:
    """This run's answer to every question."""
    return [
        Question(id=name, question=question, answer=answer(results)) for name, (question, answer) in QUESTIONS.items()
    ]


def _run(results: Results, knob: str) -> str:
    """The command that answers on the dataset of this report."""
    return f"`dvc exp run -S dataset={results.report.params['dataset']} -S {shlex.quote(knob)}`"


def _no_mask(results: Results) -> str:
    return f"This run cannot tell, for it trained no mask that works: run {_run(results, WITH_MASK)}."


def which_side(results: Results) -> str:
    """Q1, with a mask by what moves, without one by accuracy as trained, or else by paired seeds."""
    if len(results.sides) < 2:
        return f"This run has {results.sides[0]}-padding alone: run {_run(results, 'pad.sides=[pre,post]')}."
    masked = [name for name in (results.masked_variant,) if name in results.variants and results.keeps_still(name)]
    either = "With a mask that works it does not matter: nothing moves on either side. " if masked else ""
    return f"{either}{_side_that_costs_less(results) or _unmasked_side(results)}"


def _side_that_costs_less(results: Results) -> str:
    """By the verdicts on accuracy, whose masked model is the same on both sides; empty where intervals overlap."""
    for dear in different(results.judged(ACCURACY)):
        for other in results.judged(ACCURACY):
            if dear.low is not None and other.high is not None and max(other.high, 0.0) < dear.low:
                lost = f"training on {dear.side}-padding costs {points([dear])} of accuracy"
                return f"Without a mask {other.side}, served as trained: {lost}."
    return ""


def _unmasked_side(results: Results) -> str:
    """By how many times pads move one side's readout further, over seeds that learned on both, each side at its worst.

    The log ratio of two sides, paired by seed, of the readout drift; t over the seeds. The worst is that of all numbers
    of pads and of the other side.
    """
    by_side = {cell.side: _worst_readout(cell) for cell in baselines(results) if cell.learned}
    if len(by_side) < 2:
        return UNDECIDED_SIDE
    (one, first), (other, second) = by_side.items()
    pairs = [(first[seed], second[seed]) for seed in first.keys() & second.keys()]
    logs = logarithms(np.array(pairs, dtype=np.float64).reshape(-1, 2))
    contrast = as_ratio(over_seeds(logs[:, 0] - logs[:, 1], results.level))
    if contrast.low is None or contrast.high is None or contrast.low <= 1 <= contrast.high:
        return UNDECIDED_SIDE
    times = contrast.estimate or 1.0
    less, factor = other if times > 1 else one, format_ratio(max(times, 1 / times))
    return f"Without a mask {less}: at its worst, padding moves what the classifier reads {factor} times less."


def _worst_readout(cell: CellFacts) -> dict[int, float]:
    """Seed -> readout drift, under the condition whose geometric mean over the seeds that learned is largest."""
    conditions = {name for seed in cell.learned for name in seed.readout_drift_by_condition}
    drifts = {
        name: {seed.seed: seed.readout_drift_by_condition.get(name) or 0.0 for seed in cell.learned}
        for name in sorted(conditions)
    }

    def size(name: str) -> float:
        known = [drift for drift in drifts[name].values() if drift > 0]
        return float(np.log(known).mean()) if known else -np.inf

    return drifts[max(drifts, key=size)] if drifts else {}


def are_zeros_enough(results: Results) -> str:
    """Q2: zeros without a mask are read like words."""
    records = [record for record in results.judged(LEAK) if record.verdict is not Verdict.UNDEFINED]
    if not records:
        return f"This run cannot tell, for no `{BASELINE}` learned."
    if all(record.verdict in (*UNMOVED, Verdict.EQUIVALENT) for record in records):
        return "Here it is: padding moves what the classifier reads by too little to matter."
    return f"No: without a mask, index 0 is a word like any other, and the {results.network} reads it."


def what_mask_zero_does(results: Results) -> str:
    """Q3: it freezes the state at pads, unless something behind it makes another mask."""
    masked = working(results)
    if not masked:
        return _no_mask(results)
    largest = format_ratio(largest_change(all_drifts(results, masked)))
    copies = [cell.variant for cell in results.cells if cell.same_as_baseline and cell.mask == "embedding+masking"]
    lost = f" A `Masking` layer after the embedding undoes that, as `{copies[0]}` shows." if copies else ""
    return f"A recurrent layer then skips index 0: the largest change of `{masked[0].variant}` is {largest}.{lost}"


def how_to_prove_it(results: Results) -> str:
    """Q4: by the audit and the gate."""
    masked = working(results)
    if not masked:
        return _no_mask(results)
    proven = all(cell.audit.proves(side) for cell in masked for side in cell.audit.proven)
    here = f"Here `{masked[0].variant}` is {'proven' if proven else 'not proven, only tested'}"
    gate = "`make gate` fails where it moves, on the dataset of `params.yaml`"
    return f"{here}, and {gate}. For a model of yours run `make audit MODEL=model.keras`."


def what_masked_steps_return(results: Results) -> str:
    """Q5: of the state by what the runs show, of outputs at every step by the audit."""
    masked = working(results)
    if not masked:
        return _no_mask(results)
    moved = largest_change(all_drifts(results, masked))
    given = sorted(
        {
            f"`{layer.layer}` {WORDS_AT_MASKED_STEPS[layer.at_masked_steps]}"
            for cell in masked
            for layer in cell.audit.layers
            if layer.type in RECURRENT_TYPES and layer.at_masked_steps
        }
    )
    outputs = f" Of the outputs at every step, {given[0]}." if given else ""
    if moved > results.exact_tolerance:
        return f"Not what was there before: a state moves by up to {format_ratio(moved)}.{outputs}"
    return f"What was there before: the state moves by {format_ratio(moved)}.{outputs}"


def is_masking_faster(results: Results) -> str:
    """Q6, in steps: the mask itself saves none, which is known and not measured; trimming does."""
    pairs = masked_and_baseline(results)
    if not pairs:
        return f"This run compares no masked model with `{BASELINE}`: run {_run(results, WITH_MASK)}."
    cell, other = pairs[0]
    if steps_against(cell, other) >= 1:
        return "No: Keras computes masked steps and discards them, and no batch was trimmed here."
    trimmed = f"those of `{cell.variant}` have {share_of_steps(cell, other)}"
    return f"Not by itself: Keras computes masked steps and discards them. But batches could be trimmed: {trimmed}."


def how_bidirectional_reads_pads(results: Results) -> str:
    """Q7, where a variant reads in both directions."""
    cells = [cell for cell in results.originals if cell.architecture.bidirectional != "none"]
    drifts = [(cell, drift) for cell in cells if (drift := worst_drift(results, cell)) is not None]
    if not drifts:
        return f"This run cannot tell: run {_run(results, 'model.bidirectional=concat')}."
    cell, worst = max(drifts, key=lambda pair: pair[1].estimate or 0.0)
    under = condition_text(worst.condition or "")
    return (
        "What lies behind the text for one direction lies before it for the other. "
        f"At worst {cell.title} drifts by {format_ratio(worst.estimate)}, under {under}."
    )


def do_metrics_count_pads(results: Results) -> str:
    """Q8: with one prediction for each text there is no pad to count."""
    if all(cell.audit.one_prediction_a_text for cell in results.cells):
        return "Not here: there is one prediction a text. For a model with one at every step run `make audit`."
    return "Where a model gives an output at every step, Keras weights loss and metrics by the mask, if there is one."


def which_layers_may_follow(results: Results) -> str:
    """Q9: what this run has behind the mask, and the sweep that has the other heads."""
    masked = working(results)
    if not masked:
        return _no_mask(results)
    moved = largest_change(all_drifts(results, masked))
    behind = head_text(masked[0].architecture.head)
    return (
        f"Here {behind} and a dense classifier do: the largest change is {format_ratio(moved)}. "
        f"For other heads run {sweeps(results, 'downstream')}."
        if moved <= results.exact_tolerance
        else f"Not {behind}, which moves by {format_ratio(moved)}. For other heads run {sweeps(results, 'downstream')}."
    )


def which_width_to_choose(results: Results) -> str:
    """Q10: padding computed, the cheapest way to batch, and what the width cuts."""
    padded = results.report.dataset.padded[results.sides[0]]
    train, cells = padded.splits["train"], working(results) or results.originals
    cost = cheapest(results, cells[0])
    run = sweeps(results, "truncation")
    return (
        f"Rows of {padded.max_len} are {format_percent(train.padding_share)} padding; the cheapest for "
        f"`{cells[0].variant}` is {BATCHINGS[cost.batching]}. For accuracy by width run {run}."
    )


QUESTIONS: dict[str, tuple[str, Answer]] = {
    "Q1": ("Pre- or post-padding?", which_side),
    "Q2": ("Is padding with zeros not enough?", are_zeros_enough),
    "Q3": ("What does `mask_zero` do?", what_mask_zero_does),
    "Q4": ("How can I prove that the mask worked?", how_to_prove_it),
    "Q5": ("What comes out at masked steps?", what_masked_steps_return),
    "Q6": ("Is masking faster?", is_masking_faster),
    "Q7": ("How does `Bidirectional` treat pads?", how_bidirectional_reads_pads),
    "Q8": ("Do loss and metrics count pads?", do_metrics_count_pads),
    "Q9": ("Which layers may follow?", which_layers_may_follow),
    "Q10": ("What does padding cost me, and which `max_len` or buckets should I use?", which_width_to_choose),
}
