"""report.md and report.html: one template of prose, filled with sentences, tables and figures, for both."""

import base64
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from ruamel.yaml import YAML

from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_memory import UnitFacts
from stages.analysis.contract_texts import Corpus
from stages.params.layers import RECURRENT
from stages.reporting.advice import advice
from stages.reporting.answer import answer
from stages.reporting.claims.cost import trims
from stages.reporting.claims.stand import DRAMATIC, SUBTLE
from stages.reporting.explorer import embedded_json, explorer_data, why_no_units
from stages.reporting.figures.registry import FIGURES
from stages.reporting.format import format_count, format_p, format_percent, format_plain, listed
from stages.reporting.render import TEMPLATES, Drawing, Page, literal, markdown_table, page_of, rendered
from stages.reporting.report_json import in_order_of_params
from stages.reporting.results import Results, condition_text, head_text
from stages.reporting.table import Cell, Table
from stages.reporting.tables import EFFECT_TABLES, worth
from stages.reporting.tables_data import DATA_TABLES, dropped, vectors_found
from stages.reporting.tables_information import INFORMATION_TABLES, probe_texts
from stages.reporting.tables_verdicts import VERDICT_TABLES
from stages.stats.claims import LOOKS, spent
from stages.stats.verdicts import UNMOVED, Verdict

DEFAULT_DATASET = "synthetic"
FIRST_FIGURE = "verdicts"
"""The picture above all others."""
NAMED_CLASSES = 10
"""More classes than this are counted, not named."""

EXPLORER_AFTER = "figures"
"""The anchor of the section that the explorer of units follows; without it the explorer stands at the end."""


@dataclass(frozen=True)
class Parts:
    """How a document writes what is not prose."""

    table: Callable[[str], str]
    """By name."""
    figure: Callable[[str], str]
    """By name."""
    fold: Callable[[str], str]
    """The beginning of what is read only when asked for, by what it says when closed."""
    unfold: str
    """Its end."""


def report_markdown(results: Results) -> str:
    """The whole document, GitHub-flavoured."""
    tables = _tables(results)
    parts = Parts(lambda name: markdown_table(tables[name]), _markdown_figure, _markdown_fold, "</details>\n")
    return _prose(results, parts)


def report_html(results: Results, figures: dict[str, str]) -> str:
    """The whole document, in one file that needs no other: the prose, tables and figures of report.md.

    Args:
        results: report.json; its `units`, where it has them, are what the explorer shows.
        figures: SVG by name.
    """
    prose = _prose(results, Parts(_block("table"), _block("figure"), _block("fold"), "```unfold\n```\n"))
    drawings = {name: Drawing(name, figure.caption, figures[name]) for name, figure in FIGURES.items()}
    content = page_of(prose, _tables(results), drawings)
    return html_document(content, results.report.units, why_no_units(results))


def html_document(content: Page, units: list[UnitFacts], no_units: str) -> str:
    """A page with its contents, its style and its script, and the explorer of units.

    Args:
        content: the document.
        units: what the explorer shows.
        no_units: why there is nothing to explore, where there is nothing.
    """
    anchors = [section.heading.anchor for section in content.sections]
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    context = {
        "page": content,
        "explorer_at": anchors.index(EXPLORER_AFTER) + 1 if EXPLORER_AFTER in anchors else len(anchors),
        "models": bool(units),
        "no_models": no_units,
        "data": embedded_json(explorer_data(units)),
        "style": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        "script": Markup(script),
        # By which the page's policy knows its one script.
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return rendered(TEMPLATES / "report.html.j2", context)


def _markdown_figure(name: str) -> str:
    drawing = Drawing(name, FIGURES[name].caption)
    return f"![{drawing.title}](figures/{name}.svg)\n\n{drawing.caption}\n"


def _markdown_fold(summary: str) -> str:
    return f"<details><summary>{summary}</summary>\n"


def _block(kind: str) -> Callable[[str], str]:
    """What stands for a table or a figure in the prose of the page, by its name."""
    return lambda name: f"```{kind}\n{name}\n```\n"


def _prose(results: Results, parts: Parts) -> str:
    """The document in Markdown, with what `parts` puts in the place of each table, figure and fold."""
    return rendered(TEMPLATES / "report.md.j2", _context(results) | vars(parts))


def _context(results: Results) -> dict[str, Any]:
    report = results.report
    dataset, params = report.dataset, report.params
    trimmed = list(dict.fromkeys(cell.variant for cell in results.cells if trims(results, cell)))
    family = params["analyze"]["family"]
    best = max(results.cells, key=lambda cell: cell.accuracy.mean)
    n_seeds = results.cells[0].n_seeds
    return {
        "answer": answer(results),
        **advice(results),
        "choice_of_dataset": _choice(params),
        "family_alpha": format_percent(family["alpha"]),
        "look": family["look"],
        "looks": len(LOOKS),
        "spent": format_percent(spent(family["alpha"], family["look"])),
        "population": _population(results),
        "figures": [name for name in FIGURES if name != FIRST_FIGURE],
        "headline_text": condition_text(results.headline),
        "sign_flips": _sign_flips(results),
        "confounded": listed([condition_text(name) for name in _confounded(results)]),
        "questions": report.questions,
        "dropped": dropped(dataset.corpus.counts),
        "vectors_found": vectors_found(dataset.tokens.vectors),
        "classes": _classes(dataset.corpus),
        "dataset": dataset,
        "params": params,
        "level": f"{100 * results.level:g} %",
        "epsilon": results.epsilon,
        "subtle": SUBTLE,
        "dramatic": DRAMATIC,
        "majority": results.cells[0].seeds[0].majority,
        "best": best,
        "with_mask": results.of(results.masked_variant),
        "sides": results.sides,
        "copies": listed([f"`{variant}`" for variant in results.copies]),
        "one_copy": len(results.copies) == 1,
        "n_seeds": n_seeds,
        "smallest_p": format_p(2 / 2**n_seeds),
        "worth": worth(results),
        "probes": probe_texts(results),
        "exported": max(finding.n_texts for finding in results.findings if finding.condition),
        "network": results.network,
        "one_size": len({_size(cell) for cell in results.cells}) == 1,
        "trimmed": listed([f"`{variant}`" for variant in trimmed]),
        "some_full": len(trimmed) < len(results.variants),
        "heads": _heads(results),
        "pair_state": "(h, c)" if any(name.startswith("c_") for name in results.cells[0].vectors) else "h",
        "step_flops": _step_flops(results),
        "command": f"dvc exp run{_choice(params)}",
        "params_yaml": _yaml(in_order_of_params(params)),
    }


def _size(cell: CellFacts) -> tuple[object, ...]:
    architecture = cell.architecture
    return architecture.embedding, architecture.layers, architecture.units, architecture.bidirectional


def _heads(results: Results) -> str:
    """What every variant's classifier reads, in words, by head."""
    variants: dict[str, list[str]] = {}
    for cell in results.cells:
        variants.setdefault(cell.architecture.head, []).append(f"`{cell.variant}`")
    if len(variants) == 1:
        return head_text(next(iter(variants)))
    return listed([f"{head_text(head)} in {listed(list(dict.fromkeys(names)))}" for head, names in variants.items()])


def _step_flops(results: Results) -> str:
    """The FLOPs of one step, for each kind of recurrent layer that was trained."""
    kinds = dict.fromkeys(cell.architecture.recurrent for cell in results.cells)
    cells = [RECURRENT[kind] for kind in kinds if kind in RECURRENT]
    formulas = [f"2·{cell.products}·u·(u + d) + {cell.elementwise}u FLOPs" for cell in cells]
    if len(cells) > 1:
        formulas = [f"{formula} ({cell.layer})" for formula, cell in zip(formulas, cells, strict=True)]
    return f"{listed(formulas) or 'no FLOPs'} for one step of a layer of u units with d inputs"


def _sign_flips(results: Results) -> str:
    """At the headline condition, in how many seeds few texts already show a mean shift of which state; or nothing."""
    shown = []
    for cell in results.originals:
        facts = cell.at(results.headline)
        for state, flips in ((facts and facts.sign_flips) or {}).items():
            shown.append(f"{flips.significant} of {flips.of} seeds of {cell.title} for `{state}`")
    return listed(shown)


def _confounded(results: Results) -> list[str]:
    """Conditions whose number of pads was found to follow from the length of the text, in any cell."""
    return list(dict.fromkeys(name for cell in results.cells if cell.probes for name in cell.probes.confounded))


def _tables(results: Results) -> dict[str, Table]:
    """Every table, by the name that the templates know it by."""
    makers = VERDICT_TABLES | EFFECT_TABLES | INFORMATION_TABLES | DATA_TABLES
    makers |= {"words": _words_table, "provenance": _provenance_table}
    return {name: make(results) for name, make in makers.items()}


def _words_table(results: Results) -> Table:
    """What each verdict says."""
    tolerance = format_plain(results.exact_tolerance)
    meanings = {
        Verdict.PROVEN: "EXACT, and for any number of pads: one masked step leaves every state as it is, in every seed",
        Verdict.EXACT: f"no value of any text and seed moved by more than {tolerance}; for accuracy: all scores and "
        "states are equal to the last bit",
        Verdict.EQUIVALENT: "less than ε under every condition: two one-sided tests (Schuirmann 1987); for leak also "
        "nine of ten new seeds stay below ε (tolerance bound, Owen 1968)",
        Verdict.DIFFERENT: "more than ε under the worst condition: two-sided, and the choice of the worst is paid for",
        Verdict.INCONCLUSIVE: "neither",
        Verdict.UNDEFINED: "the figure means nothing here; the reason stands beside it",
    }
    # PROVEN and EXACT stand in the place of a number.
    return Table(
        ["verdict", "says"],
        [[Cell(word if word in UNMOVED else "", verdict=word), says] for word, says in meanings.items()],
    )


def _provenance_table(results: Results) -> Table:
    """The corpus, and the versions that decide figures."""
    provenance = results.report.provenance
    rows = [[name, number] for name, number in sorted(provenance.versions.items())]
    return Table(
        ["what", "which"],
        [["corpus, SHA-256", f"`{provenance.corpus_sha256}`"], ["code", f"`{provenance.code}`"], *rows],
    )


def _classes(corpus: Corpus) -> str:
    """The classes with their numbers of texts over all splits; many classes in one phrase."""
    counts = {name: sum(split.classes.get(name, 0) for split in corpus.splits.values()) for name in corpus.classes}
    if len(counts) > NAMED_CLASSES:
        least, most = format_count(min(counts.values())), format_count(max(counts.values()))
        return f"{len(counts)} classes of {least} to {most} texts"
    names = [f"{literal(name)} ({format_count(count)} texts)" for name, count in counts.items()]
    return f"{len(counts)} classes: {listed(names)}"


def _population(results: Results) -> str:
    """Of what the intervals of the family speak."""
    kinds = {record.population for record in results.report.family} - {None}
    return "they speak of new texts for this one model." if kinds == {"t"} else "they speak of new seeds and new texts."


def _choice(params: dict[str, Any]) -> str:
    return "" if params["dataset"] == DEFAULT_DATASET else f" -S dataset={params['dataset']}"


def _yaml(value: dict[str, Any]) -> str:
    stream = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(value, stream)
    return stream.getvalue().rstrip("\n")
