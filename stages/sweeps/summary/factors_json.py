"""factors.json: what all sweeps of one dataset say together."""

import math
from dataclasses import asdict

from stages.reporting.claims.stand import Ruling
from stages.reporting.format import listed
from stages.reporting.results import Record, Results
from stages.stats.rounding import rounded
from stages.sweeps.findings.rows import outcome_rows
from stages.sweeps.report.tables import heads_of_fixed_width
from stages.sweeps.spec import Outcome, Point
from stages.sweeps.summary import claims_extent, claims_fixes
from stages.sweeps.summary.answer import answer
from stages.sweeps.summary.ranking import Cell, Factor, factors
from stages.sweeps.summary.recommendation import Base, base_of, decision_record, recommend
from stages.sweeps.summary.swept import ACCURACY, SIDE, VARIANT, Row, Sweep, Sweeps

SCHEMA = 1

CLAIMS = {
    "C7": (
        "The extent depends on sequence length, amount of padding, number of layers, hidden units, and the "
        "downstream layer.",
        claims_extent.extent,
    ),
    "C8": ("Attention, and tuning, minimise the effect but do not erase it.", claims_fixes.attention_and_tuning),
    "C9": ("Truncating long texts speeds training up without costing accuracy.", claims_fixes.truncation),
}

MOST_INTERACTIONS = 3
"""Of one sweep."""
MOST_OF_ALL = 15


def factors_content(dataset: str, sweep_records: list[Record], report: Record | None) -> Record:
    """The JSON of reports/<dataset>/factors.json, floats at 4 significant digits.

    Args:
        dataset: its name.
        sweep_records: the content of its sweeps' JSON files, in any order.
        report: the content of its report.json; None where it was not made.
    """
    sweeps = Sweeps.of(dataset, sweep_records, None if report is None else report["params"])
    ranked = factors(sweeps)
    claims = [_claim_record(name, claim, rule(sweeps)) for name, (claim, rule) in CLAIMS.items()]
    decisions = [decision_record(each) for each in recommend(sweeps, base_of(sweeps, _main(report)))]
    content = {
        "schema": SCHEMA,
        "dataset": dataset,
        "answer": answer(sweeps, ranked, decisions),
        "factors": [_factor_record(each) for each in ranked],
        "interactions": _interactions(sweeps),
        "claims": claims,
        "recommendation": decisions,
        "together": _together(dataset, decisions),
        "not_in_command": _not_in_command(decisions),
        "fixed_width": heads_of_fixed_width([each.record for each in sweeps.run]),
        "run": [_run_record(each) for each in sweeps.run],
        "missing": [{"name": name, "command": sweeps.command(name).strip("`")} for name in sweeps.missing],
    }
    return dict(rounded(content))


def _main(report: Record | None) -> Base | None:
    """The main report as rows; None where it was not made."""
    if report is None:
        return None
    results = Results(report)
    rows = [Row(each.record) for each in outcome_rows(Outcome(Point({}, {}), report))]
    return Base("report.md", rows, results.level, results.epsilon[ACCURACY])


def _claim_record(name: str, claim: str, ruling: Ruling) -> Record:
    return {"id": name, "claim": claim, **asdict(ruling), "stand": str(ruling.stand)}


def _factor_record(factor: Factor) -> Record:
    return {
        "factor": factor.name,
        "axis": factor.axis,
        "sweep": factor.sweep,
        "beside": None if factor.beside is None else _cell_record(factor.beside),
        "other_sweeps": list(factor.others),
        "shown": factor.lead.shown,
        "effects": {
            group: {estimand: _cell_record(cell) for estimand, cell in cells.items()}
            for group, cells in factor.cells.items()
        },
        "served_otherwise": None if factor.served is None else _cell_record(factor.served),
    }


def _cell_record(cell: Cell) -> Record:
    if cell.value is None:
        return {"estimate": None, "low": None, "high": None, "reason": cell.reason}
    return {
        **asdict(cell.value),
        "scale": "ratio" if cell.ratio else "difference",
        "shown": cell.shown,
        "level": cell.level,
        "reference": cell.reference,
        "where": cell.where,
    }


def _interactions(sweeps: Sweeps) -> list[Record]:
    """The largest of the interactions that every sweep shows, those on accuracy before others."""
    found = []
    for sweep in sweeps.run:
        ranked = sorted(sweep.record["interactions"], key=_size)
        found += [{"sweep": sweep.name, **each} for each in ranked[:MOST_INTERACTIONS]]
    # Every sweep has sides and masks: how these act together is told once, from the sweep where it is largest.
    inner = [each for each in sorted(found, key=_size) if set(each["axes"]) == {SIDE, VARIANT}]
    return sorted([*inner[:1], *(each for each in found if each not in inner)], key=_size)[:MOST_OF_ALL]


def _size(interaction: Record) -> tuple[bool, float]:
    """Sorts those on accuracy first, and larger ones first."""
    estimate = float(interaction["estimate"])
    size = abs(math.log(estimate)) if interaction["scale"] == "ratio" and estimate > 0 else abs(estimate)
    return interaction["estimand"] != ACCURACY, -size


def _together(dataset: str, decisions: list[Record]) -> str:
    """The run that trains what is recommended, all choices at once."""
    knobs = [f"dataset={dataset}", *(knob for each in decisions if each["choice"] for knob in each["knobs"])]
    return "dvc exp run " + " ".join(f"-S '{knob}'" if "[" in knob else f"-S {knob}" for knob in knobs)


def _not_in_command(decisions: list[Record]) -> str:
    """The choices that several params set at once, and where to read which; empty without one."""
    found = [each for each in decisions if each["choice"] not in (None, each["naive"]) and not each["knobs"]]
    return listed([f"{each['decision']} `{each['choice']}`, which {each['evidence']} sets" for each in found])


def _run_record(sweep: Sweep) -> Record:
    record = sweep.record
    return {
        "name": sweep.name,
        "title": record["title"],
        "experiments": record["experiments"],
        "texts": record["texts"],
        "seeds": len(record["seeds"]),
        "command": record["command"],
    }
