"""Every state at the headline condition, and what unpaired distributions of its units show."""

from stages.reporting.format import (
    EXACT_ZERO,
    MISSING,
    RATIO,
    format_count,
    format_percent,
    format_percent_of,
    format_ratio,
    format_ratio_of,
)
from stages.reporting.results import DRIFT, JOINT_SHIFT, UNIT_SHIFT, CellFacts, Estimate, Record, Results
from stages.reporting.tables.parts import Notes, Table, cell_name, drift_text, judged_text, of_seeds


def states_table(results: Results) -> Table:
    """A row for each state of each cell that moves; one row for a cell whose states are all exact; no copies."""
    header = ["padding", "variant", "state", "drift ratio", "mean cosine", "share of units moved"]
    header += ["share of units different (FDR)", "largest shift of a unit, sd", "seeds with every unit equivalent"]
    header += ["joint distance, sd", "seeds jointly equivalent"]
    notes = Notes()
    rows = [row for cell in results.originals for row in _states(results, cell, notes)]
    return Table(header, rows, notes.reasons)


def _states(results: Results, cell: CellFacts, notes: Notes) -> list[list[str]]:
    if results.exact(cell):
        nothing = [EXACT_ZERO, "1", "0.0 %", "0.0 %", EXACT_ZERO, "all", EXACT_ZERO, "all"]
        return [[*cell_name(cell), "every state", *nothing]]
    return [[*cell_name(cell), f"`{vector}`", *_state(results, cell, vector, notes)] for vector in cell.vectors]


def _state(results: Results, cell: CellFacts, vector: str, notes: Notes) -> list[str]:
    at = results.headline
    facts = cell.state_at(at, vector)
    unit, joint = (results.finding(cell, estimand, at, vector) for estimand in (UNIT_SHIFT, JOINT_SHIFT))
    different = facts.get("units_different")
    return [
        drift_text(results.finding(cell, DRIFT, at, vector), notes),
        format_ratio(facts.get("cosine")),
        format_percent_of(Estimate.of(facts.get("units_moved"))),
        format_percent(different),
        judged_text(RATIO, unit, notes),
        of_seeds(facts.get("all_units_equivalent"), facts.get("of")),
        judged_text(RATIO, joint, notes),
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
    why = "no state moved, or the analysis holds no distributions"
    return Table(header, rows, why_empty=why)


def _distances(results: Results, cell: CellFacts) -> list[list[str]]:
    found: Record | None = cell.at(results.headline).get("distributions")
    if found is None:
        return []
    strata = found.get("strata") or []
    w1, ks = found.get("w1") or {}, found.get("ks") or {}
    every = [
        "all texts (W1, KS: averaged over the strata)",
        format_count(sum(each["texts"] for each in strata)) if strata else MISSING,
    ]
    every += [format_ratio_of(results.finding(cell, DRIFT, results.headline, _last_hidden(cell)))]
    every += [format_ratio(each.get(key)) for each in (w1, ks) for key in ("median", "largest")]
    return [
        every,
        *([f"{each['from']} to {each['to']}", format_count(each["texts"]), *_medians(each)] for each in strata),
    ]


def _last_hidden(cell: CellFacts) -> str:
    """The state that distributions are of: h of the last recurrent layer."""
    return [vector for vector in cell.vectors if vector.startswith("h_")][-1]


def _medians(stratum: Record) -> list[str]:
    """Drift ratio, W1 and KS of one stratum, with nothing for the largest unit."""
    return [
        format_ratio(stratum.get("drift_ratio")),
        format_ratio(stratum.get("w1")),
        MISSING,
        format_ratio(stratum.get("ks")),
        MISSING,
    ]
