"""What happened to every unit of every model, for the reader who wants to look at single units."""

from typing import Any

from stages.analysis.cells import Cell
from stages.analysis.model_pass import last_hidden
from stages.params import BASELINE

Record = dict[str, Any]


def unit_facts(
    cells: list[Cell], baselines: dict[str, Cell], conditions: dict[str, int | None], tolerance: float
) -> list[Record]:
    """One record for each model that learned and moves, and each number of pads: values of all units in their order.

    The units are those of the hidden state of the last recurrent layer. Models of a variant that repeats the baseline
    are left out, and so are those whose states do not move at all.
    """
    records = []
    for cell in cells:
        baseline = baselines.get(cell.side)
        repeats = cell.variant != BASELINE and baseline is not None and cell.same_results(baseline)
        if repeats or not cell.moves(tolerance):
            continue
        vector = last_hidden(cell.vectors)
        for seed in cell.learned:
            for condition, pads in conditions.items():
                if pads is not None:
                    state = seed.conditions[condition].states[vector]
                    records.append(
                        {
                            "side": cell.side,
                            "variant": cell.variant,
                            "seed": seed.seed,
                            "state": vector,
                            "pads": pads,
                            "effect": state.units.effect.tolist(),
                            "shift": state.units.shift.tolist(),
                            "largest": state.largest_of_unit.tolist(),
                        }
                    )
    return records
