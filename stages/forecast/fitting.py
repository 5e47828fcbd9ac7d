"""Whether a run fits on a machine, and which keys of params.yaml make it smaller."""

from stages.errors import UserError
from stages.forecast.cost import Cost
from stages.forecast.machine import Machine
from stages.forecast.texts import Texts
from stages.runtime.workers.pool import duration

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
    "bag_of_words": "corpus.max_texts",
}
"""By stage, the keys that make it take less memory."""


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


def size(number: float) -> str:
    """Of bytes, in GB."""
    return f"{number / 1e9:,.0f} GB" if number >= 10e9 else f"{number / 1e9:.1f} GB"
