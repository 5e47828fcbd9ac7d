"""The summary of one dataset's sweeps: factors ranked, claims decided, a recommendation."""

import shlex
from dataclasses import asdict, replace

from stages.analysis.contract import Claim, Report
from stages.reporting.claims.catalogue import CLAIMS
from stages.reporting.results import Results
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.findings.rows import rows_of
from stages.sweeps.report.tables import heads_of_fixed_width
from stages.sweeps.spec import INNER_AXES
from stages.sweeps.summary.answer import answer
from stages.sweeps.summary.choosing import Options
from stages.sweeps.summary.claims import RULES
from stages.sweeps.summary.factors_json import (
    SCHEMA,
    Decided,
    FactorsReport,
    MissingSweep,
    RunFacts,
    SweptInteraction,
    size,
)
from stages.sweeps.summary.ranking import factors
from stages.sweeps.summary.recommendation import base_of, recommend
from stages.sweeps.summary.simultaneous import Looks
from stages.sweeps.summary.swept import Sweeps
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_findings import Interaction
from stages.sweeps.sweep_json_rows import picked

MOST_INTERACTIONS = 3
"""Of one sweep."""
MOST_OF_ALL = 15


def factors_report(dataset: str, sweep_reports: list[SweepReport], main: Report | None) -> FactorsReport:
    """What reports/<dataset>/factors.json holds, floats at 4 significant digits.

    Args:
        dataset: its name.
        sweep_reports: its sweeps, in any order.
        main: its report.json; None where it was not made.
    """
    sweeps = Sweeps.of(dataset, sweep_reports, None if main is None else main.params)
    looks = Looks.at(sweeps)
    ranked = factors(sweeps, looks)
    recommendation = recommend(sweeps, base_of(sweeps, None if main is None else _base(main)))
    decided = [decision for decision in recommendation if isinstance(decision, Decided)]
    return FactorsReport(
        schema=SCHEMA,
        dataset=dataset,
        answer=answer(sweeps, ranked, decided, looks),
        factors=ranked,
        contrasts=looks.contrasts,
        interactions=_interactions(sweeps),
        claims=_claims(sweeps),
        recommendation=recommendation,
        together=_together(dataset, decided),
        code=None if main is None else main.provenance.code,
        fixed_width=heads_of_fixed_width([sweep.report for sweep in sweeps.run]),
        run=[picked(RunFacts, sweep.report, seeds=len(sweep.report.seeds)) for sweep in sweeps.run],
        missing=[MissingSweep(name=name, command=sweeps.command(name).strip("`")) for name in sweeps.missing],
    ).rounded()


def _base(main: Report) -> Options:
    """What the main report trained; tokens are those of an epoch, for early stopping ends each model at another."""
    results = Results(main)
    epochs = {(cell.side, cell.variant): sum(seed.epochs for seed in cell.seeds) for cell in main.cells}
    rows = {
        row.name: replace(row, computed_tokens=round(row.computed_tokens / epochs[row.side, row.variant]))
        for row in rows_of(main, {})
    }
    return Options("report.md", rows, results.level, results.epsilon[ACCURACY])


def _claims(sweeps: Sweeps) -> list[Claim]:
    return [Claim(id=name, claim=CLAIMS[name][0], **asdict(rule(sweeps))) for name, rule in RULES.items()]


def _interactions(sweeps: Sweeps) -> list[SweptInteraction]:
    """The largest of the interactions that every sweep shows, those on accuracy before others."""
    largest = [
        SweptInteraction(sweep=sweep.report.name, **vars(interaction))
        for sweep in sweeps.run
        for interaction in sorted(sweep.report.interactions, key=_order)[:MOST_INTERACTIONS]
    ]
    # Every sweep has sides and masks: how these act together is told once, from the sweep where it is largest.
    inner = [interaction for interaction in sorted(largest, key=_order) if set(interaction.axes) == set(INNER_AXES)]
    rest = [interaction for interaction in largest if interaction not in inner]
    return sorted([*inner[:1], *rest], key=_order)[:MOST_OF_ALL]


def _order(interaction: Interaction) -> tuple[bool, float]:
    """Sorts those on accuracy first, and larger ones first."""
    return interaction.estimand != ACCURACY, -size(interaction)


def _together(dataset: str, decided: list[Decided]) -> str:
    """The run that trains what is recommended, all choices at once."""
    gated = [f"gate.invariant=[{one.choice}]" for one in decided if one.decision == "mask" and one.exact]
    knobs = [f"dataset={dataset}", *(knob for decision in decided for knob in decision.knobs), *gated]
    return " ".join(["dvc exp run", *(f"-S {shlex.quote(knob)}" for knob in knobs)])
