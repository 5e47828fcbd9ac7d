"""What pads do to every state, and what they leave of the information in it: geometry, probes, forgetting."""

from collections.abc import Callable
from dataclasses import replace

from stages.reporting.format import (
    PERCENT,
    RATIO,
    format_count,
    format_percent,
    format_percent_of,
    format_plain,
    format_ratio,
    format_ratio_of,
    listed,
)
from stages.reporting.results import (
    ALONE,
    DRIFT,
    JOINT_SHIFT,
    UNIT_SHIFT,
    CellFacts,
    Estimate,
    Record,
    Results,
    condition_text,
)
from stages.reporting.table import (
    EXACT_CELL,
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
from stages.reporting.tables import cell_name, condition_rows

PADS_FIRST = "pads come before the text: they move the start state, which the text then overwrites"
NO_PROBE = "no probe: no seed learned, or the analysis holds none"


def states_table(results: Results) -> Table:
    """A row for each state of each cell that moves; one row for a cell whose states are all exact; no copies."""
    header = ["padding", "variant", "state", "drift ratio", "mean cosine", "share of units moved"]
    header += ["share of units different (FDR)", "largest shift of a unit, sd", "seeds with every unit equivalent"]
    header += ["joint distance, sd", "seeds jointly equivalent"]
    notes = Notes()
    none = number_cell(0.0, format_percent)
    unmoved: Row = ["every state", EXACT_CELL, number_cell(1, format_plain), none, none, *(EXACT_CELL, "all") * 2]
    rows: list[Row] = []
    for cell in results.originals:
        if results.exact(cell):
            rows.append([*cell_name(cell), *unmoved])
        else:
            rows += [[*cell_name(cell), f"`{state}`", *_state(results, cell, state, notes)] for state in cell.vectors]
    return Table(header, rows, notes.reasons)


def _state(results: Results, cell: CellFacts, state: str, notes: Notes) -> Row:
    at = results.headline
    facts = cell.state_at(at, state)
    drift, unit, joint = (results.finding(cell, name, at, state) for name in (DRIFT, UNIT_SHIFT, JOINT_SHIFT))
    return [
        judged_cell(RATIO, drift, notes),
        number_cell(facts.get("cosine")),
        estimate_cell(PERCENT, Estimate.of(facts.get("units_moved"))),
        number_cell(facts.get("units_different"), format_percent),
        judged_cell(RATIO, unit, notes),
        of_seeds(facts.get("all_units_equivalent"), facts.get("of")),
        judged_cell(RATIO, joint, notes),
        of_seeds(facts.get("jointly_equivalent"), facts.get("of")),
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
    distributions: Record | None = cell.at(results.headline).get("distributions")
    if distributions is None:
        return []
    strata = distributions.get("strata") or []
    w1, ks = distributions.get("w1") or {}, distributions.get("ks") or {}
    last_hidden = [vector for vector in cell.vectors if vector.startswith("h_")][-1]
    every: Row = [
        "all texts (W1, KS: averaged over the strata)",
        count_cell(sum(stratum["texts"] for stratum in strata) if strata else None),
        estimate_cell(RATIO, results.finding(cell, DRIFT, results.headline, last_hidden)),
        *(number_cell(distance.get(key)) for distance in (w1, ks) for key in ("median", "largest")),
    ]
    return [every, *map(_stratum, strata)]


def _stratum(stratum: Record) -> Row:
    """Drift ratio, W1 and KS of one stratum, with nothing for the largest unit."""
    return [
        f"{stratum['from']} to {stratum['to']}",
        count_cell(stratum["texts"]),
        number_cell(stratum.get("drift_ratio")),
        number_cell(stratum.get("w1")),
        MISSING_CELL,
        number_cell(stratum.get("ks")),
        MISSING_CELL,
    ]


def similarity_table(results: Results) -> Table:
    """A row for each pair of models' representations; pairs with a copy of the baseline are left out."""
    header = ["padding", "of", "condition", "debiased linear CKA", "angular Procrustes distance"]
    rows = [
        [
            pair["side"],
            _models(pair),
            condition_text(pair["condition"]),
            estimate_cell(RATIO, Estimate.of(pair.get("cka"))),
            estimate_cell(RATIO, Estimate.of(pair.get("procrustes"))),
        ]
        for pair in results.records("similarity")
        if not {pair["one"], pair["two"]} & set(results.copies)
    ]
    return Table(header, rows)


def _models(pair: Record) -> str:
    if pair["of"] == "seeds":
        return f"`{pair['one']}`, pairs of seeds"
    return f"`{pair['one']}` and `{pair['two']}`, same seed"


def information_table(results: Results) -> Table:
    """A row for each condition: spread that is left, and a frozen head against a probe that is fitted anew."""
    header = ["padding", "variant", "condition", "dispersion left", "participation ratio", "effective rank"]
    header += ["frozen head", "probe refitted"]
    rows = condition_rows(results, [ALONE, *results.conditions], _left)
    return Table(header, [row for row in rows if any(cell != MISSING_CELL for cell in row[3:])])


def _left(cell: CellFacts, condition: str) -> Row:
    state = cell.state_at(condition, cell.state)
    probe: Record = next((probe for probe in _probes(cell).get("label") or [] if probe["condition"] == condition), {})
    return [
        estimate_cell(RATIO, Estimate.of(state.get("dispersion_left"))),
        number_cell(state.get("participation_ratio")),
        number_cell(state.get("effective_rank")),
        estimate_cell(PERCENT, Estimate.of(probe.get("frozen"))),
        estimate_cell(PERCENT, Estimate.of(probe.get("refitted"))),
    ]


def _probes(cell: CellFacts) -> Record:
    return cell.record.get("probes") or {}


def probe_texts(results: Results) -> str:
    """On how many texts probes were fitted, and what their intervals speak of."""
    texts = [count for cell in results.originals if (count := _probes(cell).get("texts"))]
    on = f"Probes read {format_count(max(texts))} texts; intervals" if texts else "Intervals"
    return f"{on} speak of new seeds on these texts."


def pad_count_table(results: Results) -> Table:
    """A row for each cell: how well a linear probe reads the number of pads, and the length, off the state."""
    header = ["padding", "variant", "accuracy of reading k", "chance", "control", "information, bits", "of bits"]
    header += ["R² of the length, without pads"]
    notes = Notes()
    return Table(header, [[*cell_name(cell), *_read(cell, notes)] for cell in results.originals], notes.reasons)


def _read(cell: CellFacts, notes: Notes) -> Row:
    count: Record = _probes(cell).get("pad_count") or {}
    accuracy = Estimate.of(count.get("accuracy"))
    if accuracy is None:
        return [notes.marked(MISSING_CELL, count.get("reason") or NO_PROBE), *[MISSING_CELL] * 5]
    return [
        replace(estimate_cell(PERCENT, accuracy), rest=f" of {count['classes']} classes"),
        number_cell(count["chance"], format_percent),
        estimate_cell(PERCENT, Estimate.of(count.get("control"))),
        estimate_cell(RATIO, Estimate.of(count.get("information_bits"))),
        number_cell(count.get("entropy_bits")),
        estimate_cell(RATIO, Estimate.of(_probes(cell).get("length_r2"))),
    ]


def forgetting_table(results: Results) -> Table:
    """A row for each cell: how fast pads bring texts together, and where a run of pads ends."""
    header = ["padding", "variant", "half-life within a class, pads", "half-life between classes, pads"]
    header += ["distance left, within / between", "spectral radius", "fixed points of a seed", "starts that settled"]
    notes = Notes()
    rows = [[*cell_name(cell), *_curve(cell, notes), *_ends(cell, notes)] for cell in results.originals]
    return Table(header, rows, notes.reasons)


def _curve(cell: CellFacts, notes: Notes) -> list[Cell]:
    """Two half-lives, and the distances between texts that the most pads leave."""
    forgetting: Record = cell.record.get("forgetting") or {}
    half_lives = [_half_life(cell, forgetting, pairs, notes) for pairs in ("within", "between")]
    points = [point for point in forgetting.get("points") or [] if point["pads"]]
    if not points:
        return [*half_lives, MISSING_CELL]
    most = points[-1]
    left = [Estimate.of(most.get(pairs)) for pairs in ("within", "between")]
    text = f"{' / '.join(map(format_ratio_of, left))} at {most['pads']}"
    return [*half_lives, Cell(text, None if left[0] is None else left[0].estimate)]


def _half_life(cell: CellFacts, forgetting: Record, pairs: str, notes: Notes) -> Cell:
    """The half-life with its interval, where it begins and of which share of pairs, or why there is none."""
    life, share = (Estimate.of((forgetting.get(key) or {}).get(pairs)) for key in ("half_life", "converging"))
    converging = "" if share is None or cell.side == "pre" else f"; {format_percent_of(share)} converge"
    if life is not None:
        start = (forgetting.get("from_pads") or {}).get(pairs)
        begins = f", from {start} pads on" if start else ""
        return replace(estimate_cell(RATIO, life), rest=begins + converging)
    # Where only some seeds have one, a mean over them would not be that of the seeds that learned.
    lives = (forgetting.get("half_lives") or {}).get(pairs) or []
    some = _range_cell(lives, format_ratio)
    if lives:
        some = replace(some, rest=f" in {len(lives)} of {len(cell.learned)} seeds")
    marked = notes.marked(some, (forgetting.get("reasons") or {}).get(pairs) or _why_no_curve(cell))
    return replace(marked, rest=marked.rest + converging)


def _why_no_curve(cell: CellFacts) -> str:
    if moves(cell) is False:
        return "a pad does not move the state, so nothing is forgotten"
    if (cell.record.get("forgetting") or {}).get("points"):
        return "no half-life was fitted"
    return "the analysis holds no curve, as where no seed learned"


def moves(cell: CellFacts) -> bool | None:
    """Whether a pad moves the state of the first recurrent layer; None where that was not looked at."""
    step: Record = cell.record.get("pad_step") or {}
    found: bool | None = step.get("moves")
    return found


def _ends(cell: CellFacts, notes: Notes) -> list[Cell]:
    """Spectral radii, numbers of fixed points and shares of starts that settled, over the seeds."""
    seeds: list[Record] = (cell.record.get("pad_step") or {}).get("seeds") or []
    reason = _why_no_end(cell, seeds)
    if reason:
        return [notes.marked(MISSING_CELL, reason), MISSING_CELL, MISSING_CELL]
    points = [seed.get("fixed_points") or [] for seed in seeds]
    radii = _range_cell([point["spectral_radius"] for of_seed in points for point in of_seed], format_ratio)
    counts = sorted({len(of_seed) for of_seed in points})
    settled = [seed["settled"] for seed in seeds if seed.get("settled") is not None]
    return [
        notes.marked(radii, "no run of pads settled") if radii == MISSING_CELL else radii,
        Cell(listed([format_plain(count) for count in counts], "or"), counts[0]),
        _range_cell(settled, format_percent),
    ]


def _why_no_end(cell: CellFacts, seeds: list[Record]) -> str:
    if moves(cell) is False:
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
