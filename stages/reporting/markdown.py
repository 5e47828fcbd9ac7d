"""report.md: the template filled with sentences, tables and numbers that are strings already."""

import io
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from ruamel.yaml import YAML

from stages.reporting.answer import answer
from stages.reporting.captions import CAPTIONS
from stages.reporting.numbers import listed, percent, plain, whole
from stages.reporting.results import Record, Results, condition_text
from stages.reporting.rulings import DRAMATIC, SUBTLE
from stages.reporting.tables.cost import batching_table, law_table
from stages.reporting.tables.data import dropped, splits_table
from stages.reporting.tables.information import forgetting_table, information_table, pad_count_table, probe_texts
from stages.reporting.tables.parts import Table
from stages.reporting.tables.serving import serving_table
from stages.reporting.tables.states import distributions_table, states_table
from stages.reporting.tables.training import design, seeds_table, similarity_table, training_table
from stages.reporting.tables.verdicts import headline_table, pads_table
from stages.reporting.wording import p_text

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
    environment.filters |= {"percent": percent, "plain": plain, "whole": whole, "cell": cell_text, "alt": _alt_text}
    environment.filters["text"] = literal
    return environment.get_template(TEMPLATE.name).render(_context(results))


def _context(results: Results) -> dict[str, Any]:
    report = results.report
    dataset, params = report["dataset"], report["params"]
    return {
        "answer": answer(results),
        "captions": CAPTIONS,
        "tables": _tables(results),
        "headline_text": condition_text(results.headline),
        "claims": report["claims"],
        "sign_flips": _sign_flips(results),
        "confounded": listed([condition_text(name) for name in _confounded(results)]),
        "questions": report["questions"],
        "dropped": dropped(dataset["corpus"]["counts"]),
        "classes": _classes(dataset["corpus"]),
        "dataset": dataset,
        "params": params,
        "provenance": report["provenance"],
        "level": f"{100 * results.level:g} %",
        "epsilon": results.epsilon,
        "subtle": SUBTLE,
        "dramatic": DRAMATIC,
        "majority": results.cells[0].seeds[0].majority,
        "best_reached": max(results.cells, key=lambda cell: cell.accuracy),
        "sides": results.sides,
        "copies": listed([f"`{variant}`" for variant in results.copies]),
        "one_copy": len(results.copies) == 1,
        "n_seeds": len(results.cells[0].seeds),
        "smallest_p": p_text(2 / 2 ** len(results.cells[0].seeds)),
        "design": design(results),
        "probes": probe_texts(results),
        "exported": max(record["n_texts"] for record in report["verdicts"] if record["condition"]),
        "command": _command(params),
        "params_yaml": _yaml(params),
    }


def _sign_flips(results: Results) -> str:
    """At the headline condition, in how many seeds few texts already show a mean shift of which state; or nothing."""
    found = [
        f"{flips['significant']} of {flips['of']} seeds of {cell.title} for `{state}`"
        for cell in results.originals
        for record in cell.conditions
        if record["condition"] == results.headline
        for state, flips in (record.get("sign_flips") or {}).items()
    ]
    return listed(found)


def _confounded(results: Results) -> list[str]:
    """Conditions whose number of pads was found to follow from the length of the text, in any cell."""
    found = [(cell.record.get("probes") or {}).get("confounded") or [] for cell in results.cells]
    return list(dict.fromkeys(name for names in found for name in names))


def _tables(results: Results) -> dict[str, Table]:
    """Every table, by the name that the template knows it by."""
    return {
        "headline": headline_table(results),
        "pads": pads_table(results),
        "serving": serving_table(results),
        "training": training_table(results),
        "states": states_table(results),
        "information": information_table(results),
        "pad_count": pad_count_table(results),
        "forgetting": forgetting_table(results),
        "similarity": similarity_table(results),
        "distributions": distributions_table(results),
        "batching": batching_table(results),
        "law": law_table(results),
        "seeds": seeds_table(results),
        "splits": splits_table(results),
    }


def literal(text: object) -> str:
    """A name that somebody chose, as Markdown that shows it letter by letter: no emphasis, link, tag or entity."""
    return re.sub(r"([\\`*_~\[\]<>&|$#!])", r"\\\1", " ".join(str(text).split()))


def _alt_text(caption: str, name: str) -> str:
    """What stands for a figure that is not seen: the first words of its caption, which are bold."""
    bold = re.match(r"\*\*(.+?)\.?\*\*", caption)
    return bold[1] if bold else name


def cell_text(text: str) -> str:
    """Text that cannot end a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def _classes(corpus: Record) -> str:
    """The classes with their numbers of texts over all splits; many classes in one phrase."""
    counts = {
        name: sum(split["classes"].get(name, 0) for split in corpus["splits"].values()) for name in _names(corpus)
    }
    if len(counts) > NAMED_CLASSES:
        return f"{len(counts)} classes of {whole(min(counts.values()))} to {whole(max(counts.values()))} texts"
    return f"{len(counts)} classes: " + listed(
        [f"{literal(name)} ({whole(count)} texts)" for name, count in counts.items()]
    )


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
