"""What pads do to every state, and what they leave of the information in it: geometry, probes, forgetting."""

from collections.abc import Callable
from dataclasses import replace

from stages.analysis.contract_cells import ALONE, CellFacts, LengthStratum
from stages.analysis.contract_memory import PadStepSeed, Similarity
from stages.reporting.format import (
    PERCENT,
    RATIO,
    format_count,
    format_percent,
    format_plain,
    format_ratio,
    listed,
)
from stages.reporting.results import DRIFT, JOINT_SHIFT, UNIT_SHIFT, Results, condition_text
from stages.reporting.table import (
    MISSING_CELL,
    Cell,
    Notes,
    Row,
    Table,
    count_cell,
    estimate_cell,
    judged_cell,
    number_cell,
    of_seeds,
)
from stages.reporting.tables import cell_name, condition_rows, unmoved_cell

PADS_FIRST = "pads come before the text: they move the start state, which the text then overwrites"
STANDS_STILL = "a pad does not move the state, so nothing is forgotten"
NO_CURVE = "the analysis holds no curve, as where no seed learned"
NO_PROBE = "no probe: no seed learned, or the analysis holds none"


def states_table(results: Results) -> Table:
    """A row for each state of each cell that moves; one row for a cell whose states are all exact; no copies."""
    header = ["padding", "variant", "state", "drift ratio", "mean cosine", "share of units moved"]
    header += ["share of units different (FDR)", "largest shift of a unit, sd", "seeds with every unit within ε"]
    header += ["joint distance, sd", "seeds within ε together"]
    notes = Notes()
    none = number_cell(0.0, format_percent)
    rows: list[Row] = []
    for cell in results.originals:
        if results.exact(cell):
            zero = unmoved_cell(results, cell)
            row: Row = ["every state", zero, number_cell(1, format_plain), none, none, *(zero, "all") * 2]
            rows.append([*cell_name(cell), *row])
        else:
            rows += [[*cell_name(cell), f"`{state}`", *_state(results, cell, state, notes)] for state in cell.vectors]
    return Table(header, rows, notes.reasons)


def _state(results: Results, cell: CellFacts, state: str, notes: Notes) -> Row:
    at = results.headline
    facts = cell.state_at(at, state)
    drift, unit, joint = (results.finding(cell, name, at, state) for name in (DRIFT, UNIT_SHIFT, JOINT_SHIFT))
    return [
        judged_cell(RATIO, drift, notes),
        number_cell(facts.cosine if facts else None),
        estimate_cell(PERCENT, facts.units_moved if facts else None),
        number_cell(facts.units_different if facts else None, format_percent),
        judged_cell(RATIO, unit, notes),
        of_seeds(facts.all_units_equivalent, facts.of) if facts else MISSING_CELL,
        judged_cell(RATIO, joint, notes),
        of_seeds(facts.jointly_equivalent, facts.of) if facts else MISSING_CELL,
    ]


def distributions_table(results: Results) -> Table:
    """A row for all texts and one for each stratum of length, at the headline condition; cells that move, no copies."""
    header = ["padding", "variant", "length of the texts", "texts", "drift ratio", "W1, median unit", "W1, largest"]
    header += ["KS, median unit", "KS, largest"]
    rows = [
        [*cell_name(cell), *row]
        for cell in results.originals
        if not results.exact(cell)
        for row in _distances(results, cell)
    ]
    return Table(header, rows, why_empty="no state moved, or the analysis holds no distributions")


def _distances(results: Results, cell: CellFacts) -> list[Row]:
    facts = cell.at(results.headline)
    if facts is None or facts.distributions is None:
        return []
    strata, distances = facts.distributions.strata, (facts.distributions.w1, facts.distributions.ks)
    hidden = [vector for vector in cell.vectors if vector.startswith("h_")]
    every: Row = [
        "all texts (W1, KS: averaged over the strata)",
        count_cell(sum(stratum.texts for stratum in strata) if strata else None),
        estimate_cell(RATIO, results.finding(cell, DRIFT, results.headline, hidden[-1] if hidden else cell.state)),
        *(number_cell(value) for units in distances for value in (units.median, units.largest)),
    ]
    return [every, *map(_stratum, strata)]


def _stratum(stratum: LengthStratum) -> Row:
    """Drift ratio, W1 and KS of one stratum, with nothing for the largest unit."""
    return [
        f"{stratum.from_} to {stratum.to}",
        count_cell(stratum.texts),
        number_cell(stratum.drift_ratio),
        number_cell(stratum.w1),
        MISSING_CELL,
        number_cell(stratum.ks),
        MISSING_CELL,
    ]


def similarity_table(results: Results) -> Table:
    """A row for each pair of models' representations; pairs with a copy of the baseline are left out."""
    header = ["padding", "of", "condition", "debiased linear CKA", "angular Procrustes distance"]
    rows: list[Row] = [
        [
            pair.side,
            _models(pair),
            condition_text(pair.condition),
            estimate_cell(RATIO, pair.cka),
            estimate_cell(RATIO, pair.procrustes),
        ]
        for pair in results.report.similarity
        if not {pair.one, pair.two} & set(results.copies)
    ]
    return Table(header, rows)


def _models(pair: Similarity) -> str:
    if pair.of == "seeds":
        return f"`{pair.one}`, pairs of seeds"
    return f"`{pair.one}` and `{pair.two}`, same seed"


def information_table(results: Results) -> Table:
    """A row for each condition: spread that is left, and a frozen head against a probe that is fitted anew."""
    header = ["padding", "variant", "condition", "dispersion left", "participation ratio", "effective rank"]
    header += ["frozen head", "probe refitted"]
    rows = condition_rows(results, [ALONE, *results.conditions], _left)
    return Table(header, [row for row in rows if any(cell != MISSING_CELL for cell in row[3:])])


def _left(cell: CellFacts, condition: str) -> Row:
    state = cell.state_at(condition, cell.state)
    labels = cell.probes.label if cell.probes else []
    probe = next((probe for probe in labels if probe.condition == condition), None)
    return [
        estimate_cell(RATIO, state.dispersion_left if state else None),
        number_cell(state.participation_ratio if state else None),
        number_cell(state.effective_rank if state else None),
        estimate_cell(PERCENT, probe.frozen if probe else None),
        estimate_cell(PERCENT, probe.refitted if probe else None),
    ]


def probe_texts(results: Results) -> str:
    """On how many texts probes were fitted, and what their intervals speak of."""
    texts = [cell.probes.texts for cell in results.originals if cell.probes]
    on = f"Probes read {format_count(max(texts))} texts; intervals" if texts else "Intervals"
    return f"{on} speak of new seeds on these texts."


def pad_count_table(results: Results) -> Table:
    """A row for each cell: how well a linear probe reads the number of pads, and the length, off the state."""
    header = ["padding", "variant", "accuracy of reading k", "chance", "information, bits", "of bits"]
    header += ["R² of the length, without pads"]
    notes = Notes()
    return Table(header, [[*cell_name(cell), *_read(cell, notes)] for cell in results.originals], notes.reasons)


def _read(cell: CellFacts, notes: Notes) -> Row:
    probes = cell.probes
    if probes is None or probes.pad_count.accuracy is None:
        reason = probes.pad_count.reason if probes else NO_PROBE
        return [notes.marked(MISSING_CELL, reason), *[MISSING_CELL] * 4]
    count = probes.pad_count
    return [
        replace(estimate_cell(PERCENT, count.accuracy), rest=f" of {count.classes} classes"),
        number_cell(count.chance, format_percent),
        estimate_cell(RATIO, count.information_bits),
        number_cell(count.entropy_bits),
        estimate_cell(RATIO, probes.length_r2),
    ]


def forgetting_table(results: Results) -> Table:
    """A row for each cell: how near pads bring texts together, and where a run of pads ends."""
    header = ["padding", "variant", "pads", "distance left within a class", "distance left between classes"]
    header += ["spectral radius", "fixed points of a seed", "starts that settled"]
    notes = Notes()
    rows = [[*cell_name(cell), *_distance_left(cell, notes), *_ends(cell, notes)] for cell in results.originals]
    return Table(header, rows, notes.reasons)


def _distance_left(cell: CellFacts, notes: Notes) -> list[Cell]:
    """The most pads, and the distances between texts that they leave."""
    if cell.forgetting is None:
        return [notes.marked(MISSING_CELL, STANDS_STILL if stands_still(cell) else NO_CURVE), *[MISSING_CELL] * 2]
    most = cell.forgetting.points[-1]
    return [number_cell(most.pads, format_plain), estimate_cell(RATIO, most.within), estimate_cell(RATIO, most.between)]


def every_pads_table(results: Results) -> Table:
    """A row for each cell that moves: the worst of every number of pads, over its seeds."""
    header = ["padding", "variant", "texts", "accuracy as trained", "most flips", "under pads"]
    header += ["lowest accuracy", "under as many pads"]
    rows = []
    for cell in results.originals:
        seeds = cell.pad_step.seeds if cell.pad_step and not results.exact(cell) else []
        every = [seed.every_pads for seed in seeds if seed.every_pads]
        if every:
            trained, flipped, right = (
                _range_cell([count / one.texts for count, one in zip(counts, every, strict=True)], format_percent)
                for counts in zip(*((one.as_trained, one.flipped.texts, one.right.texts) for one in every), strict=True)
            )
            pads = [
                _range_cell([float(worst.pads) for worst in each], format_plain)
                for each in zip(*((one.flipped, one.right) for one in every), strict=True)
            ]
            texts = number_cell(every[0].texts, format_plain)
            rows.append([*cell_name(cell), texts, trained, flipped, pads[0], right, pads[1]])
    return Table(header, rows, why_empty="no state moved, or no model is a chain of layers that read forward alone")


def stands_still(cell: CellFacts) -> bool:
    """Whether it is known that no pad moves the state of the first recurrent layer."""
    return cell.pad_step is not None and not cell.pad_step.moves


def _ends(cell: CellFacts, notes: Notes) -> list[Cell]:
    """Spectral radii, numbers of fixed points and shares of starts that settled, over the seeds."""
    seeds = cell.pad_step.seeds if cell.pad_step else []
    reason = _why_no_end(cell, seeds)
    if reason:
        return [notes.marked(MISSING_CELL, reason), MISSING_CELL, MISSING_CELL]
    radii = _range_cell([point.spectral_radius for seed in seeds for point in seed.fixed_points], format_ratio)
    counts = sorted({len(seed.fixed_points) for seed in seeds})
    return [
        notes.marked(radii, "no run of pads settled") if radii == MISSING_CELL else radii,
        Cell(listed([format_plain(count) for count in counts], "or"), counts[0]),
        _range_cell([seed.settled for seed in seeds if seed.settled is not None], format_percent),
    ]


def _why_no_end(cell: CellFacts, seeds: list[PadStepSeed]) -> str:
    if stands_still(cell):
        return "a pad leaves every state as it is, so every state is a fixed point"
    if cell.side == "pre":
        return PADS_FIRST
    return "" if seeds else "the analysis holds no account of the pad step"


def _range_cell(values: list[float], text: Callable[[float], str]) -> Cell:
    """0.900 to 0.950, sorted by the lower end; nothing of no values."""
    if not values:
        return MISSING_CELL
    least, most = text(min(values)), text(max(values))
    return Cell(least if least == most else f"{least} to {most}", min(values))


INFORMATION_TABLES = {
    "states": states_table,
    "distributions": distributions_table,
    "similarity": similarity_table,
    "information": information_table,
    "pad_count": pad_count_table,
    "forgetting": forgetting_table,
    "every_pads": every_pads_table,
}
"""By the name that the templates know them by."""
