"""report.md: the template filled with sentences, tables and numbers that are strings already."""

import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from ruamel.yaml import YAML

from stages.reporting.answer import answer
from stages.reporting.numbers import listed, percent, plain, whole
from stages.reporting.results import Record, Results, condition_text
from stages.reporting.tables import (
    claims_table,
    copies,
    dropped,
    headline_table,
    pads_table,
    seeds_table,
    splits_table,
    states_table,
)

TEMPLATE = Path(__file__).with_name("report.md.j2")
DEFAULT_DATASET = "synthetic"
NAMED_CLASSES = 10
"""More classes than this are counted, not named."""


def report_markdown(results: Results) -> str:
    """The whole document, GitHub-flavoured."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown is not HTML
    )
    environment.filters |= {"percent": percent, "plain": plain, "whole": whole, "cell": _cell_text}
    return environment.get_template(TEMPLATE.name).render(_context(results))


def _context(results: Results) -> dict[str, Any]:
    report = results.report
    dataset, params = report["dataset"], report["params"]
    return {
        "answer": answer(results),
        "headline": headline_table(results),
        "headline_text": condition_text(results.headline),
        "pads": pads_table(results),
        "states": states_table(results),
        "several_states": any(len(cell.vectors) > 1 for cell in results.cells),
        "seeds": seeds_table(results),
        "claims": claims_table(report["claims"]),
        "splits": splits_table(results),
        "dropped": dropped(dataset["corpus"]["counts"]),
        "classes": _classes(dataset["corpus"]),
        "dataset": dataset,
        "params": params,
        "provenance": report["provenance"],
        "level": f"{100 * results.level:g} %",
        "epsilon": results.epsilon,
        "majority": results.cells[0].seeds[0].majority,
        "best_reached": max(results.cells, key=lambda cell: cell.accuracy),
        "sides": results.sides,
        "copies": listed([f"`{variant}`" for variant in copies(results)]),
        "one_copy": len(copies(results)) == 1,
        "n_seeds": len(results.cells[0].seeds),
        "exported": max(record["n_texts"] for record in report["verdicts"] if record["condition"]),
        "command": _command(params),
        "params_yaml": _yaml(params),
    }


def _cell_text(text: str) -> str:
    """Text that cannot end a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def _classes(corpus: Record) -> str:
    """The classes with their numbers of texts over all splits; many classes in one phrase."""
    counts = {
        name: sum(split["classes"].get(name, 0) for split in corpus["splits"].values()) for name in _names(corpus)
    }
    if len(counts) > NAMED_CLASSES:
        return f"{len(counts)} classes of {whole(min(counts.values()))} to {whole(max(counts.values()))} texts"
    return f"{len(counts)} classes: " + listed([f"{name} ({whole(count)} texts)" for name, count in counts.items()])


def _names(corpus: Record) -> list[str]:
    return [str(name) for name in corpus["classes"]]


def _command(params: Record) -> str:
    choice = "" if params["dataset"] == DEFAULT_DATASET else f" -S dataset={params['dataset']}"
    return f"dvc exp run{choice}"


def _yaml(value: Record) -> str:
    stream = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(value, stream)
    return stream.getvalue().rstrip("\n")
