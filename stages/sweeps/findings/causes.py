"""Where the harm of padding comes from: what pads do when they are read, and what they do in training."""

import numpy as np
from numpy.typing import NDArray

from stages.analysis.estimate import Estimate
from stages.params.derived import BASELINE
from stages.params.model import Treatment
from stages.reporting.format import PERCENT, capital, listed
from stages.sweeps.findings.effects import ACCURACY, Grid, difference_by_seed, unique
from stages.sweeps.findings.words import (
    figure,
    format_in_points,
    format_of_seeds,
    levels_without,
    mean_difference,
    where,
)
from stages.sweeps.spec import VARIANT
from stages.sweeps.sweep_json_causes import Cause, Causes
from stages.sweeps.sweep_json_rows import Figure, Levels, Row, picked

Counts = dict[str, NDArray[np.int64]]
"""Texts right under each patch, by seed."""

PLACES = {"pre": ("before", "behind"), "post": ("behind", "before")}
"""By side: where the pads of training stand, and where those of the other side."""

PARTS = {
    "before": {"c": "the start state's c alone", "h": "the start state's h alone"},
    "behind": {"c": "the cell state c alone", "h": "the output gate alone"},
}
TREATMENTS = {
    "random_pads": "random pads on both sides",
    "pad_row": "a row of zeros for the pad",
    "start_state": "a trained start state",
    "length_to_head": "the length beside the head",
}
TOTAL, INPUT, WEIGHTS = "total", "input", "weights"


def causes_findings(grid: Grid) -> list[Causes]:
    """One finding for each side, where states were patched with the baseline and with its masked twin."""
    places = unique([levels_without(grid, row, VARIANT) for row in grid.rows])
    alike = [(levels, [row for row in grid.rows if levels.items() <= row.levels.items()]) for levels in places]
    return [finding for group in alike if (finding := _finding(grid, *group)) is not None]


def _finding(grid: Grid, levels: Levels, rows: list[Row]) -> Causes | None:
    unmasked = next((row for row in rows if row.variant == BASELINE), None)
    masked = next((row for row in rows if unmasked and row.masked and row.without_mask == unmasked.architecture), None)
    if unmasked is None or masked is None or not all(_patched(row) for row in (unmasked, masked)):
        return None
    causes = _of_serving(grid, unmasked, masked, rows)
    causes += [cause for base in (unmasked, masked) for cause in _of_training(grid, rows, base)]
    shares = [seed.patches.along_readout[PLACES[unmasked.side][0]] for seed in masked.seeds if seed.patches]
    along = Estimate.over_seeds(np.array(shares, dtype=np.float64), grid.level, 0.0, 1.0)
    return Causes(
        levels=levels,
        seeds=[seed.seed for seed in masked.seeds],
        texts=_texts(masked),
        causes=causes,
        along_readout=figure(along),
        text=_text(levels, unmasked, masked, causes, figure(along)),
    )


def _patched(row: Row) -> bool:
    return all(seed.patches is not None for seed in row.seeds)


def _counts(row: Row) -> Counts:
    patches = [seed.patches for seed in row.seeds if seed.patches is not None]
    return {name: np.array([patch.right[name] for patch in patches]) for name in patches[0].right}


def _of_serving(grid: Grid, unmasked: Row, masked: Row, others: list[Row]) -> list[Cause]:
    """What pads do to trained weights, counted on the exported texts."""
    own, other = PLACES[unmasked.side]

    def cause(part: str, group: str, label: str, texts: NDArray[np.int64]) -> Cause:
        change = mean_difference(grid, texts / _texts(masked))
        return picked(Cause, change, part=part, group=group, label=label, by_seed=texts.tolist())

    def against_none(row: Row, group: str, patches: dict[str, str]) -> list[Cause]:
        right = _counts(row)
        return [
            cause(f"{row.variant}_{patch}", group, label, right[patch] - right["none"])
            for patch, label in patches.items()
            if patch in right
        ]

    def parts(place: str) -> dict[str, str]:
        return {f"{place}_{part}": label for part, label in PARTS[place].items()}

    with_pads, on_other = {own: "pads as in training"}, {other: "pads on the other side"}
    parts_of_other = {patch: f"on the other side {label}" for patch, label in parts(other).items()}
    ours, theirs = _counts(unmasked), _counts(masked)
    whole = f"no mask, against `{masked.variant}`"
    return [
        cause(TOTAL, whole, "in all", ours[own] - theirs["none"]),
        cause(INPUT, whole, "through the input: pads are read", theirs[own] - theirs["none"]),
        cause(WEIGHTS, whole, "through the weights: pads in training", ours[own] - theirs[own]),
        *against_none(masked, f"`{masked.variant}` that reads pads, a part at a time", parts(own)),
        *against_none(unmasked, _of_weights(unmasked), {**with_pads, **parts(own), **on_other, **parts_of_other}),
        *(
            cause
            for row in others
            if row.architecture.random_pads and _patched(row)
            for cause in against_none(row, _of_weights(row), {own: "pads on one side", **on_other})
        ),
    ]


def _of_weights(row: Row) -> str:
    return f"`{row.variant}`, against reading none"


def _of_training(grid: Grid, rows: list[Row], base: Row) -> list[Cause]:
    """What treatments do in training, on all test texts, each against the row that lacks it alone."""
    causes = []
    for row in rows:
        for name, words in TREATMENTS.items():
            usual = row.architecture.model_copy(update={name: Treatment.model_fields[name].default})
            if base.architecture == usual != row.architecture:
                change = mean_difference(grid, difference_by_seed(row, base, ACCURACY, grid.seeds))
                group = f"trained otherwise, against `{base.variant}`"
                causes.append(picked(Cause, change, part=row.variant, group=group, label=words))
    return causes


def _texts(row: Row) -> int:
    return next(seed.patches.texts for seed in row.seeds if seed.patches)


def _text(levels: Levels, unmasked: Row, masked: Row, causes: list[Cause], along: Figure) -> str:
    """Short sentences of one number each: the whole, its two parts, the worst way to serve, and what training helps."""
    total, through_input, through_weights, *others = causes
    sentences = [
        f"{capital(where(levels))}: no mask changes accuracy by {format_in_points(total)}, against `{masked.variant}`",
        f"Reading pads changes it by {format_in_points(through_input)}",
        f"Weights that had pads in training change it by {format_in_points(through_weights)}",
    ]
    if unmasked.n_seeds_at_chance:
        stuck = format_of_seeds(unmasked.n_seeds_at_chance, unmasked.n_seeds)
        sentences.append(f"{capital(stuck)} of `{unmasked.variant}` did not learn")
    served = [cause for cause in others if cause.group == _of_weights(unmasked) and _told(cause)]
    if served:
        worst = max(served, key=lambda cause: abs(cause.estimate or 0.0))
        sentences.append(
            f"Worst for `{unmasked.variant}`, against reading none: {worst.label}, {format_in_points(worst)}"
        )
    trained = [cause for cause in others if cause.by_seed is None]
    sentences += [
        f"{capital(cause.group)}: {cause.label}, {format_in_points(cause)}" for cause in filter(_told, trained)
    ]
    untold = [f"`{cause.part}`" for cause in trained if not _told(cause)]
    if untold:
        sentences.append(f"Trained otherwise and not told from 0: {listed(untold)}")
    if along.estimate is not None:
        read = PERCENT.of(along)
        sentences.append(f"Of the squared shift of `{masked.variant}`'s state, {read} lies where the classifier reads")
    return ". ".join(sentences) + "."


def _told(cause: Cause) -> bool:
    """Whether its interval leaves 0 out."""
    return (cause.low or 0.0) > 0 or (cause.high or 0.0) < 0
