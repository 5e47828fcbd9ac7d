"""`make sweep`: run a grid over params as DVC experiments, and report what they show together."""

import sys
from pathlib import Path

from stages.errors import UserError
from stages.params.schema import Params
from stages.params.section import suggestion
from stages.runtime.command import run
from stages.runtime.files import json_text, write_text
from stages.sweeps.run.experiments import outcomes
from stages.sweeps.spec import Outcome, Sweep, Texts, load_sweep

PROJECT = Path()


def sweep(
    params: Params,
    *,
    name: str,
    dataset: str = "",
    texts: str = "",
    jobs: str = "",
    sweeps: Path = Path("sweeps"),
    reports: Path = Path("reports"),
) -> None:
    """Run the experiments of sweeps/<name>.yaml that are missing, several at a time, and write its report.

    An experiment that is done is never run again, so a sweep that was interrupted goes on where it stopped.
    """
    if not name:
        there = ", ".join(sorted(path.stem for path in sweeps.glob("*.yaml")))
        raise UserError(f"name: say which sweep to run, as in make sweep NAME=amount; there are: {there}")
    spec = load_sweep(sweeps / f"{name}.yaml")
    chosen = dataset or spec.only or params.dataset
    if chosen not in params.datasets:
        raise UserError(f"dataset: {chosen!r} is not in params.yaml; {suggestion(chosen, params.datasets)}")
    for known in spec.datasets:
        if known not in params.datasets:
            file = sweeps / f"{name}.yaml"
            raise UserError(f"{file}: datasets.{known}: not in params.yaml; {suggestion(known, params.datasets)}")
    points = spec.points(chosen, _texts(texts))
    try:
        results = outcomes(PROJECT, spec, points, _jobs(jobs))
    except KeyboardInterrupt:
        print(f"sweep: interrupted; the same command goes on with {name} where it stopped", file=sys.stderr)
        sys.exit(130)
    _write(spec, chosen, results, reports)


def _write(spec: Sweep, dataset: str, results: list[Outcome], reports: Path) -> None:
    """The report of one sweep, and the summary of all sweeps on this dataset."""
    from stages.factors import write_factors
    from stages.sweeps.report.figures import sweep_figures
    from stages.sweeps.report.markdown import sweep_markdown
    from stages.sweeps.sweep_json import sweep_content

    content = sweep_content(spec, dataset, results)
    folder = reports / dataset / "sweeps"
    for file, text in sweep_figures(content).items():
        write_text(folder / "figures" / file, text)
    write_text(folder / f"{spec.name}.md", sweep_markdown(content))
    write_text(folder / f"{spec.name}.json", json_text(content))
    write_factors(reports, dataset)
    print(f"{folder / spec.name}.md answers for {dataset}: {spec.question}")


def _texts(given: str) -> Texts | None:
    """The number of texts as given on the command line; nothing keeps the sweep's own.

    Raises:
        UserError: it is neither a number nor all.
    """
    if given in ("", "all"):
        return "all" if given else None
    if not given.isdecimal():
        raise UserError(f"texts: {given!r} is not allowed; it should be a number of texts, or all")
    return int(given)


def _jobs(given: str) -> int:
    if given and (not given.isdecimal() or int(given) < 1):
        raise UserError(f"jobs: {given!r} is not allowed; it should be the number of experiments to run at a time")
    return int(given or 0)


if __name__ == "__main__":
    run(sweep)
