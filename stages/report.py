"""Stage `report`: the analysis becomes report.json, and from it document, figures, plots and metrics."""

from pathlib import Path

from stages.analysis.contract import Analysis, to_json
from stages.params.schema import Params
from stages.reporting.documents import report_html, report_markdown
from stages.reporting.dvc_plots import metrics, plot_records
from stages.reporting.figures.registry import FIGURES
from stages.reporting.figures.style import svg
from stages.reporting.report_json import report_of
from stages.reporting.results import Results
from stages.runtime.command import run
from stages.runtime.files import json_text, write_json, write_text


def report(params: Params, *, analysis: Path, reports: Path) -> None:
    """Write the report of one dataset; other files in the folder stay as they are."""
    content = Analysis.read(analysis)
    results = Results(report_of(params, content))
    write_text(reports / "report.json", json_text(to_json(results.report)))
    write_json(reports / "metrics.json", metrics(results))
    for name, records in plot_records(results, content.history).items():
        write_json(reports / "plots" / f"{name}.json", records)
    figures = {name: svg(name, figure.draw, results) for name, figure in FIGURES.items()}
    for name, text in figures.items():
        write_text(reports / "figures" / f"{name}.svg", text)
    write_text(reports / "report.md", report_markdown(results))
    write_text(reports / "report.html", report_html(results, figures))
    print(f"{reports / 'report.md'} answers for {params.dataset}: {', '.join(results.variants)} with {_sides(results)}")


def _sides(results: Results) -> str:
    return " and ".join(f"{side}-padding" for side in results.sides)


if __name__ == "__main__":
    run(report)
