"""Stage `report`: the analysis becomes report.json, and from it document, figures, plots and metrics."""

from pathlib import Path

from stages.command import run
from stages.files import whole_file, write_json
from stages.params import Params
from stages.reporting.compact import json_text
from stages.reporting.content import Analysis, report_content
from stages.reporting.figures.catalogue import FIGURES
from stages.reporting.figures.style import svg
from stages.reporting.html import report_html
from stages.reporting.markdown import report_markdown
from stages.reporting.plots import metrics, plot_records
from stages.reporting.results import Results


def report(params: Params, *, analysis: Path, reports: Path) -> None:
    """Write the report of one dataset; other files in the folder stay as they are."""
    content = Analysis.read(analysis)
    report_json = report_content(params, content)
    results = Results(report_json)
    _write_text(reports / "report.json", json_text(report_json))
    write_json(reports / "metrics.json", metrics(results))
    for name, records in plot_records(results, content.history).items():
        write_json(reports / "plots" / f"{name}.json", records)
    figures = {name: svg(name, draw, results) for name, draw in FIGURES.items()}
    for name, text in figures.items():
        _write_text(reports / "figures" / f"{name}.svg", text)
    markdown = report_markdown(results)
    _write_text(reports / "report.md", markdown)
    _write_text(reports / "report.html", report_html(results, markdown, figures))
    print(f"{reports / 'report.md'} answers for {params.dataset}: {', '.join(results.variants)} with {_sides(results)}")


def _sides(results: Results) -> str:
    return " and ".join(f"{side}-padding" for side in results.sides)


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(report)
