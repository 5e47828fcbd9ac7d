"""`python -m stages.sweeps run|factors|advise|decide|compare`: what is made of many runs of the pipeline."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from stages.analysis.contract import Report, from_json
from stages.errors import UserError
from stages.params.schema import Params
from stages.params.section import suggestion
from stages.reporting.figures.style import svg
from stages.runtime import command
from stages.runtime.files import json_text, read_json, write_text
from stages.sweeps.compare import comparison
from stages.sweeps.decide import run_looks
from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.report.figures import sweep_figures
from stages.sweeps.report.markdown import sweep_markdown
from stages.sweeps.run.experiments import run_missing
from stages.sweeps.spec import Texts, load_sweep
from stages.sweeps.summary.factors import factors_report
from stages.sweeps.summary.factors_json import FactorsReport
from stages.sweeps.summary.figure import factors_figure
from stages.sweeps.summary.markdown import advice, factors_markdown
from stages.sweeps.sweep_json import SweepReport

PROJECT = Path()
Kind = TypeVar("Kind")


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
        experiments = run_missing(PROJECT, spec, points, _jobs(jobs))
    except KeyboardInterrupt:
        print(f"sweep: interrupted; the same command goes on with {name} where it stopped", file=sys.stderr)
        sys.exit(130)
    folder = reports / chosen / "sweeps"
    _write_sweep(sweep_report(spec, chosen, experiments), folder)
    write_factors(reports, chosen)
    print(f"{folder / spec.name}.md answers for {chosen}: {spec.question}")


def factors(params: Params, *, reports: Path, dataset: str) -> None:
    """Write the summary of one dataset's sweeps; an empty name stands for the dataset of params.yaml.

    Raises:
        UserError: the catalogue has no such dataset.
    """
    name = _chosen_dataset(params, dataset)
    write_factors(reports, name)
    print(f"{reports / name / 'factors.md'} ranks the factors and recommends for {name}")


def advise(params: Params, *, reports: Path, dataset: str) -> None:
    """Print the recommendation of factors.json; an empty name stands for the dataset of params.yaml.

    Where there is no factors.json, no sweep was run: one sentence says which ones are needed.

    Raises:
        UserError: the catalogue has no such dataset, or factors.json is not JSON.
    """
    name = _chosen_dataset(params, dataset)
    path = reports / name / "factors.json"
    again = f"make factors DATASET={name}"
    print(advice(_read(path, FactorsReport, again) if path.exists() else factors_report(name, [], None)))


def decide(params: Params, *, dataset: str) -> None:
    """Train 6, 12, 18 and at most 24 seeds, until the six questions are decided; an empty name as for `factors`.

    Raises:
        UserError: the catalogue has no such dataset, or the pipeline failed.
    """
    name = _chosen_dataset(params, dataset)
    try:
        run_looks(PROJECT, name)
    except KeyboardInterrupt:
        left = "params.yaml keeps the train.seeds and analyze.family.look of the look that was begun"
        print(f"decide: interrupted; the same command goes on where it stopped, and {left}", file=sys.stderr)
        sys.exit(130)
    print(f"reports/{name}/report.md has the verdicts; train.seeds and analyze.family.look in params.yaml made them")


def compare(params: Params, *, one: str, two: str, dataset: str) -> None:
    """Print what two experiments, or revisions of git, found; an empty dataset as for `factors`.

    Raises:
        UserError: one of them is not there, or has no report of the dataset.
    """
    if not (one and two):
        raise UserError("name two runs, as in make compare A=HEAD B=my-experiment; `dvc exp list` names experiments")
    print(comparison(PROJECT, _chosen_dataset(params, dataset), (one, two)))


def write_factors(reports: Path, dataset: str) -> None:
    """Read reports/<dataset>/sweeps/*.json and report.json, what there is of them; write the summary beside them.

    Raises:
        UserError: one of them is not JSON, or not of the form that this version writes.
    """
    folder = reports / dataset
    paths = sorted((folder / "sweeps").glob("*.json"))
    sweeps = [_read(path, SweepReport, f"make sweep NAME={path.stem} DATASET={dataset}") for path in paths]
    main = folder / "report.json"
    report = factors_report(dataset, sweeps, _read(main, Report, "dvc repro") if main.exists() else None)
    write_text(folder / "factors.json", json_text(report.to_json()))
    write_text(folder / "factors.md", factors_markdown(report))
    write_text(folder / "sweeps" / "figures" / "factors.svg", svg("factors", factors_figure, report))


def _write_sweep(report: SweepReport, folder: Path) -> None:
    for file, text in sweep_figures(report).items():
        write_text(folder / "figures" / file, text)
    write_text(folder / f"{report.name}.md", sweep_markdown(report))
    write_text(folder / f"{report.name}.json", json_text(report.to_json()))


def _read(path: Path, kind: type[Kind], again: str) -> Kind:
    """One JSON file; `again` is the command that writes it.

    Raises:
        UserError: it is not JSON, or not of the form that this version writes.
    """
    try:
        return from_json(kind, read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {where}: {first['msg']}: another version wrote it; run `{again}` again") from None


def _chosen_dataset(params: Params, dataset: str) -> str:
    """The name, or that of params.yaml where it is empty.

    Raises:
        UserError: the catalogue has no such dataset.
    """
    if dataset and dataset not in params.datasets:
        raise UserError(f"DATASET={dataset}: no such dataset; {suggestion(dataset, list(params.datasets))}")
    return dataset or params.dataset


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


COMMANDS: dict[str, Callable[..., None]] = {
    "run": sweep,
    "factors": factors,
    "advise": advise,
    "decide": decide,
    "compare": compare,
}


def main() -> None:
    """Hand the rest of the command line to one of the commands.

    Exits with code 2 and one sentence where it names none.
    """
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        print(f"sweeps: error: {name!r} is no command; {suggestion(name, list(COMMANDS))}", file=sys.stderr)
        sys.exit(2)
    del sys.argv[1]
    command.run(COMMANDS[name])


if __name__ == "__main__":
    main()
