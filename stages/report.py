"""Stage `report`: the analysis becomes report.json, and from it document, figures, plots and metrics."""

from pathlib import Path

from pydantic import ValidationError

from stages.analysis.contract import Analysis, to_json
from stages.errors import UserError
from stages.params.schema import Params
from stages.reporting.documents import report_html, report_markdown
from stages.reporting.dvc_plots import metrics, plot_records
from stages.reporting.figures.registry import FIGURES
from stages.reporting.figures.style import svg
from stages.reporting.report_json import report_of
from stages.reporting.results import Results
from stages.runtime.command import run
from stages.runtime.files import indented_json, json_text, write_text


def report(params: Params, *, analysis: Path, reports: Path) -> None:
    """Write the report of one dataset; other files in the folder stay as they are."""
    content = _read(analysis)
    if content.dataset.name != params.dataset:
        raise UserError(
            f"{analysis}: analyzed were the texts of {content.dataset.name}, and `dataset` in params.yaml is "
            f"{params.dataset}; run `dvc repro`"
        )
    results = Results(report_of(params, content))
    figures = {name: svg(name, figure.draw, results) for name, figure in FIGURES.items()}
    plots = plot_records(results, content.history)
    texts = {
        "report.json": json_text(to_json(results.report)),
        "metrics.json": indented_json(metrics(results)),
        **{f"plots/{name}.json": indented_json(records) for name, records in plots.items()},
        **{f"figures/{name}.svg": text for name, text in figures.items()},
        "report.md": report_markdown(results),
        "report.html": report_html(results, figures),
    }
    for name, text in texts.items():  # made whole before any is written, so that no old report is lost to a failure
        write_text(reports / name, text)
    print(f"{reports / 'report.md'} answers for {params.dataset}: {', '.join(results.variants)} with {_sides(results)}")


def _read(analysis: Path) -> Analysis:
    try:
        return Analysis.read(analysis)
    except ValidationError as error:
        first = error.errors()[0]
        part, *place = map(str, first["loc"])
        where = f"{'.'.join(place)}: " if place else ""
        raise UserError(
            f"{analysis / part}.json: not what this version writes ({where}{first['msg']}); remove it, and run "
            "`dvc repro` to make it again"
        ) from None


def _sides(results: Results) -> str:
    return " and ".join(f"{side}-padding" for side in results.sides)


if __name__ == "__main__":
    run(report)
