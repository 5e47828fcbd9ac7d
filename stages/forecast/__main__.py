"""`make check`: is params.yaml right, and what will the run that it asks for need?"""

from pathlib import Path

from stages.errors import UserError
from stages.forecast.cost import Cost, cost_of
from stages.forecast.machine import Machine, this_machine
from stages.forecast.texts import Texts, texts_of
from stages.params.schema import Params
from stages.params.section import require_known
from stages.runtime.command import run

DAY = 24 * 3600
MOST_DAYS = 7
ANYWAY = "`dvc repro` asks nothing and runs it all the same"

CHEAPER = {
    "the stages before training": "corpus.max_texts",
    "train": "train.seeds, train.epochs, pad.max_len, model.units or corpus.max_texts",
    "export": "export.texts, export.pads, pad.max_len or train.seeds",
    "analyze": "train.seeds, model.units, export.texts or analyze.probe_texts",
    "report": "train.seeds",
}
"""By stage, the keys that make it take less time."""
SMALLER = {
    "train": "train.batch_size, pad.max_len, model.units, tokenize.vocabulary or execution.workers",
    "export": "export.batch_size, pad.max_len, model.units, tokenize.vocabulary or execution.workers",
    "analyze": "model.units, export.pads or execution.workers",
}
"""By stage, the keys that make it take less memory."""


def check(params: Params, *, dataset: str = "", raw: Path = Path("data/raw")) -> None:
    """Say what a run will be, or refuse one that this machine cannot do; params.yaml was checked whole before.

    An empty name stands for the dataset of params.yaml.

    Raises:
        UserError: the dataset is unknown, its file is missing or broken, or the run does not fit.
    """
    if dataset:
        try:
            require_known("DATASET", dataset, params.datasets)
        except ValueError as error:
            raise UserError(str(error)) from None
        params = params.model_copy(update={"dataset": dataset})
    texts = texts_of(params, raw)
    if texts is None:
        print(f"{params.dataset}: params.yaml is right; how much work it is shows when the texts are downloaded")
        return
    machine = this_machine(params.execution.workers, Path())
    cost = cost_of(params, texts, machine)
    models = ", ".join(f"{number} of {name}" for name, number in cost.models.items())
    print(
        f"{params.dataset}: {texts.total:,} texts of {texts.tokens:.0f} tokens in rows of {cost.width:,}; "
        f"{sum(cost.models.values()):,} models: {models}"
    )
    if params.execution.engine == "dask":
        print(f"about {duration(sum(cost.seconds.values()) * machine.cores)} of one core, on the workers of dask")
        return
    print(_needs(cost, machine))
    require_room(cost, texts, machine)


def require_room(cost: Cost, texts: Texts, machine: Machine) -> None:
    """Check that a run fits.

    Raises:
        UserError: it takes more memory or disk than is free, or longer than MOST_DAYS; names the keys to change.
    """
    stage = max(cost.memory, key=lambda name: cost.memory[name])
    if cost.memory[stage] > machine.memory:
        raise UserError(
            f"{stage} needs about {size(cost.memory[stage])} of memory, and {size(machine.memory)} are free; "
            f"lower {SMALLER[stage]}; {ANYWAY}"
        )
    if cost.disk > machine.disk:
        raise UserError(
            f"the run writes about {size(cost.disk)}, and {size(machine.disk)} of disk are free; lower export.texts, "
            f"export.pads, train.seeds or corpus.max_texts; {ANYWAY}"
        )
    seconds = sum(cost.seconds.values())
    if seconds > MOST_DAYS * DAY:
        stage = max(cost.seconds, key=lambda name: cost.seconds[name])
        raise UserError(
            f"the run takes about {duration(seconds)} for {texts.total:,} texts, longest in {stage}, and more than "
            f"{MOST_DAYS} days are refused; lower {CHEAPER[stage]}; {ANYWAY}"
        )


def _needs(cost: Cost, machine: Machine) -> str:
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    return (
        f"about {duration(sum(cost.seconds.values()))} on {cores} that are idle, less for what is there already; "
        f"{size(max(cost.memory.values()))} of memory ({size(machine.memory)} free), "
        f"{size(cost.disk)} of disk ({size(machine.disk)} free)"
    )


def duration(seconds: float) -> str:
    """In the unit that a person would take."""
    for unit, length in (("days", DAY), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            number = seconds / length
            return f"{number:,.0f} {unit}" if number >= 10 else f"{float(f'{number:.2g}'):g} {unit}"
    return f"{seconds:.0f} seconds"


def size(number: float) -> str:
    """Of bytes, in GB."""
    return f"{number / 1e9:,.0f} GB" if number >= 10e9 else f"{number / 1e9:.1f} GB"


if __name__ == "__main__":
    run(check)
