"""`make advise`: print what the sweeps of one dataset recommend: side, mask, width of rows, batching, head."""

from pathlib import Path

from stages.factors import chosen_dataset
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json
from stages.sweeps.summary.factors_json import factors_content
from stages.sweeps.summary.markdown import advice


def advise(params: Params, *, reports: Path, dataset: str) -> None:
    """Print the recommendation of factors.json; an empty name stands for the dataset of params.yaml.

    Where there is no factors.json, no sweep was run: one sentence says which ones are needed.

    Raises:
        UserError: the catalogue has no such dataset, or factors.json is not JSON.
    """
    name = chosen_dataset(params, dataset)
    path = reports / name / "factors.json"
    print(advice(read_json(path) if path.exists() else factors_content(name, [], None)))


if __name__ == "__main__":
    run(advise)
