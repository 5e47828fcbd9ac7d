"""report.json: the one source that the Markdown, the figures, the plots and the metrics are drawn from."""

import sys
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from stages.analysis.contract import SCHEMA, Analysis, Provenance, Report, from_json, to_json
from stages.params.schema import Params
from stages.reporting.claims.catalogue import claims
from stages.reporting.questions import questions
from stages.reporting.typed_results import Results
from stages.stats.rounding import rounded

VERSIONED = ("keras", "numpy", "tensorflow")


def report_of(params: Params, analysis: Analysis) -> Report:
    """The whole report; its sentences speak of the figures as they are printed, rounded."""
    known = {name: value for name, value in vars(analysis).items() if name != "history"}
    figures = Report(
        **known,
        schema=SCHEMA,
        params=shown_params(params),
        provenance=_provenance(analysis),
        claims=[],
        questions=[],
    )
    return with_sentences(from_json(Report, rounded(to_json(figures))))


def with_sentences(report: Report) -> Report:
    """The report with what its figures say of the claims and the questions."""
    results = Results(report)
    return replace(report, claims=claims(results), questions=questions(results))


def shown_params(params: Params) -> dict[str, Any]:
    """Every knob except who does the work, what the gate demands, and the other entries of the catalogue."""
    shown = params.model_dump(mode="json", exclude={"execution", "gate"}, exclude_none=True)
    shown["datasets"] = {params.dataset: shown["datasets"][params.dataset]}
    return shown


def _provenance(analysis: Analysis) -> Provenance:
    python = ".".join(map(str, sys.version_info[:2]))
    versions = {"python": python} | {name: version(name) for name in VERSIONED}
    return Provenance(corpus_sha256=analysis.dataset.corpus.sha256, versions=versions)
