"""`make check`: is params.yaml right, and what will the run that it asks for need?"""

from pathlib import Path

from stages.errors import UserError
from stages.forecast.cost import Cost, cost_of
from stages.forecast.fitting import require_room, size
from stages.forecast.machine import Machine, this_machine
from stages.forecast.texts import texts_of
from stages.params.schema import Params
from stages.params.section import require_known
from stages.runtime.command import run
from stages.runtime.workers.pool import duration


def check(params: Params, *, dataset: str = "", cores: int = 0) -> None:
    """Say what a run will be, or refuse one that this machine cannot do; params.yaml was checked whole before.

    An empty name stands for the dataset of params.yaml. With `cores` it is said for a machine of so many, each as fast
    as one of this machine, and nothing is refused.

    Raises:
        UserError: the dataset is unknown, its file is missing or broken, or the run does not fit.
    """
    if cores < 0:
        raise UserError(f"CORES: {cores} is not a number of cores; give 1 or more")
    if dataset:
        try:
            require_known("DATASET", dataset, params.datasets)
        except ValueError as error:
            raise UserError(str(error)) from None
        params = params.model_copy(update={"dataset": dataset})
    texts = texts_of(params, Path("data/raw"))
    if texts is None:
        print(f"{params.dataset}: params.yaml is right; how much work it is shows when the texts are downloaded")
        return
    machine = this_machine(cores or params.execution.workers, Path())
    cost = cost_of(params, texts, machine)
    models = ", ".join(f"{number} of {name}" for name, number in cost.models.items())
    print(
        f"{params.dataset}: {texts.total:,} texts of {texts.tokens:.0f} tokens in rows of {cost.width:,}; "
        f"{sum(cost.models.values()):,} models: {models}"
    )
    if cores:
        needs = f"{size(max(cost.memory.values()))} of memory, {size(cost.disk)} of disk"
        print(f"about {duration(sum(cost.seconds.values()))} on {_cores(cores)} like this machine's; {needs}")
        return
    if params.execution.engine == "dask":
        print(f"about {duration(sum(cost.seconds.values()) * machine.cores)} of one core, on the workers of dask")
        return
    print(_needs(cost, machine))
    require_room(cost, texts, machine)


def _needs(cost: Cost, machine: Machine) -> str:
    return (
        f"about {duration(sum(cost.seconds.values()))} on {_cores(machine.cores)} that are idle, "
        f"less for what is there already; "
        f"{size(max(cost.memory.values()))} of memory ({size(machine.memory)} free), "
        f"{size(cost.disk)} of disk ({size(machine.disk)} free)"
    )


def _cores(number: int) -> str:
    return "1 core" if number == 1 else f"{number} cores"


if __name__ == "__main__":
    run(check)
