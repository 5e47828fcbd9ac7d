"""report.json: the one source that the Markdown, the figures, the plots and the metrics are drawn from."""

import sys
from dataclasses import replace
from importlib.metadata import version
from typing import Any, get_args

from stages.analysis.contract import SCHEMA, Analysis, Provenance, Report, from_json, to_json
from stages.params.datasets import SyntheticDataset, TableDataset, UrlDataset
from stages.params.model import Mask, Variant
from stages.params.schema import Params
from stages.params.section import Section
from stages.reporting.claims.catalogue import claims
from stages.reporting.code_hash import code_hash
from stages.reporting.questions import questions
from stages.reporting.results import Results
from stages.stats.rounding import rounded

VERSIONED = ("keras", "numpy", "tensorflow")


def report_of(params: Params, analysis: Analysis) -> Report:
    """The whole report; its sentences speak of the figures as they are printed, rounded."""
    parts = {name: value for name, value in vars(analysis).items() if name != "history"}
    report = Report(
        **parts,
        schema=SCHEMA,
        params=shown_params(params),
        provenance=_provenance(analysis),
        claims=[],
        questions=[],
    )
    return with_sentences(from_json(Report, rounded(to_json(report))))


def with_sentences(report: Report) -> Report:
    """The report with what its figures say of the claims and the questions."""
    results = Results(report)
    return replace(report, claims=claims(results), questions=questions(results))


def shown_params(params: Params) -> dict[str, Any]:
    """Every knob of the pipeline, without the other entries of the catalogue."""
    shown = params.model_dump(mode="json", exclude={"audit", "execution", "gate"}, exclude_none=True)
    shown["datasets"] = {params.dataset: shown["datasets"][params.dataset]}
    return shown


def in_order_of_params(shown: dict[str, Any]) -> dict[str, Any]:
    """The params of a report in the order of their schema, which is lost in JSON, where keys are sorted.

    Variants, whose ids are free, are put in order by what they change of the model, then by mask and id.
    """
    kinds: dict[str, type[Section]] = {"synthetic": SyntheticDataset, "table": TableDataset, "url": UrlDataset}
    datasets = {name: _in_order_of(kinds[entry["source"]], entry) for name, entry in shown["datasets"].items()}
    variants = {name: _in_order_of(Variant, entry) for name, entry in shown["variants"].items()}
    return _in_order_of(Params, shown) | {"datasets": datasets, "variants": dict(sorted(variants.items(), key=_place))}


def _in_order_of(section: type[Section], values: dict[str, Any]) -> dict[str, Any]:
    """Keys as the fields are declared, unknown ones last; those of a section within it likewise."""
    kinds: dict[str, Any] = {name: field.annotation for name, field in section.model_fields.items()}
    nested = {name: kind for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, Section)}
    names = [*(name for name in kinds if name in values), *sorted(values.keys() - kinds)]
    return {name: _in_order_of(nested[name], values[name]) if name in nested else values[name] for name in names}


def _place(variant: tuple[str, dict[str, Any]]) -> tuple[int, list[int], int, str]:
    """Those that change least come first."""
    name, entry = variant
    fields = [*Variant.model_fields, *entry]
    return len(entry), [fields.index(key) for key in entry], get_args(Mask).index(entry["mask"]), name


def _provenance(analysis: Analysis) -> Provenance:
    python = ".".join(map(str, sys.version_info[:2]))
    versions = {"python": python} | {name: version(name) for name in VERSIONED}
    return Provenance(corpus_sha256=analysis.dataset.corpus.sha256, code=code_hash(), versions=versions)
