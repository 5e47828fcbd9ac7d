"""report.json: the one source that the Markdown, the figures, the plots and the metrics are drawn from."""

import sys
from dataclasses import dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from stages.params.schema import Params
from stages.reporting.claims.catalogue import claims
from stages.reporting.questions import questions
from stages.reporting.results import Record, Results
from stages.runtime.files import read_json
from stages.stats.intervals import mean_over_seeds
from stages.stats.rounding import rounded

SCHEMA = 1
VERSIONED = ("keras", "numpy", "tensorflow")


@dataclass(frozen=True)
class Analysis:
    """The files that the stage `analyze` writes, one a field."""

    dataset: Record
    cells: list[Record]
    verdicts: list[Record]
    history: list[Record]
    similarity: list[Record] = field(default_factory=list)
    cost: list[Record] = field(default_factory=list)
    law: Record | None = None
    lengths: Record | None = None
    units: list[Record] = field(default_factory=list)
    bag_of_words: Record | None = None

    @staticmethod
    def read(folder: Path) -> "Analysis":
        """From the folder that holds them.

        Raises:
            UserError: one is missing or is not JSON.
        """
        return Analysis(**{each.name: read_json(folder / f"{each.name}.json") for each in fields(Analysis)})


def report_content(params: Params, analysis: Analysis) -> Record:
    """The content of report.json, its floats rounded."""
    content: Record = rounded(
        {
            "schema": SCHEMA,
            "dataset": analysis.dataset,
            "params": shown_params(params),
            "verdicts": analysis.verdicts,
            "cells": [_cell(cell, params.analyze.level) for cell in analysis.cells],
            "similarity": analysis.similarity,
            "cost": analysis.cost,
            "law": analysis.law,
            "lengths": analysis.lengths,
            "units": analysis.units,
            "bag_of_words": analysis.bag_of_words,
            "provenance": _provenance(analysis),
        }
    )
    results = Results(content)
    return content | {"claims": claims(results), "questions": questions(results)}


def shown_params(params: Params) -> Record:
    """Every knob except who does the work, what the gate demands, and the other entries of the catalogue."""
    shown = params.model_dump(mode="json", exclude={"execution", "gate"}, exclude_none=True)
    shown["datasets"] = {params.dataset: shown["datasets"][params.dataset]}
    return shown


def _cell(cell: Record, level: float) -> Record:
    """A cell with what follows from its seeds; the interval of the accuracy is None where one seed says nothing."""
    values = np.array([seed["accuracy"]["estimate"] for seed in cell["seeds"]])
    accuracy: dict[str, Any] = {"mean": float(values.mean()), "low": None, "high": None, "level": level}
    if len(values) > 1:
        interval = mean_over_seeds(values).interval(level)
        accuracy |= {"low": max(0.0, interval.low), "high": min(1.0, interval.high)}
    return cell | {
        "accuracy": accuracy,
        "n_seeds": len(values),
        "n_seeds_at_chance": sum(not seed["learned"] for seed in cell["seeds"]),
        "padding_share_computed": 1 - cell["text_tokens"] / cell["computed_tokens"],
    }


def _provenance(analysis: Analysis) -> Record:
    python = ".".join(map(str, sys.version_info[:2]))
    return {
        "corpus_sha256": analysis.dataset["corpus"]["sha256"],
        "versions": {"python": python} | {name: version(name) for name in VERSIONED},
    }
