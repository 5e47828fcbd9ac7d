"""`make factors`: what all sweeps of one dataset say together, as factors.json, factors.md and a figure."""

from pathlib import Path

from stages.errors import UserError
from stages.params.schema import Params
from stages.params.section import suggestion
from stages.reporting.figures.style import svg
from stages.runtime.command import run
from stages.runtime.files import json_text, read_json, write_text
from stages.sweeps.summary.factors_json import factors_content
from stages.sweeps.summary.figure import factors_figure
from stages.sweeps.summary.markdown import factors_markdown


def factors(params: Params, *, reports: Path, dataset: str) -> None:
    """Write the summary of one dataset's sweeps; an empty name stands for the dataset of params.yaml.

    Raises:
        UserError: the catalogue has no such dataset.
    """
    name = chosen_dataset(params, dataset)
    write_factors(reports, name)
    print(f"{reports / name / 'factors.md'} ranks the factors and recommends for {name}")


def chosen_dataset(params: Params, dataset: str) -> str:
    """The name, or that of params.yaml where it is empty.

    Raises:
        UserError: the catalogue has no such dataset.
    """
    if dataset and dataset not in params.datasets:
        raise UserError(f"DATASET={dataset}: no such dataset; {suggestion(dataset, list(params.datasets))}")
    return dataset or params.dataset


def write_factors(reports: Path, dataset: str) -> None:
    """Read reports/<dataset>/sweeps/*.json and report.json, what there is of them; write the summary beside them.

    Raises:
        UserError: one of them is not JSON.
    """
    folder = reports / dataset
    sweeps = [read_json(path) for path in sorted((folder / "sweeps").glob("*.json"))]
    main = folder / "report.json"
    content = factors_content(dataset, sweeps, read_json(main) if main.exists() else None)
    write_text(folder / "factors.json", json_text(content))
    write_text(folder / "factors.md", factors_markdown(content))
    write_text(folder / "sweeps" / "figures" / "factors.svg", svg("factors", factors_figure, content))


if __name__ == "__main__":
    run(factors)
