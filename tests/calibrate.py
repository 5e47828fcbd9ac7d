"""Coverage of every interval and size of every test of stages/stats, by simulation.

Run by `make calibrate`, written to tests/calibration.md. Every simulation draws from a stream of its own, so that
repeating gives the same table and adding a simulation changes no other row.
"""

from pathlib import Path

from tests.simulations import family, learning, predictions, states, training
from tests.simulations.simulation import Simulation

RESULT = Path(__file__).parent / "calibration.md"

SECTIONS: dict[str, list[Simulation]] = {
    "Did the state move?": states.SIMULATIONS,
    "Did it matter downstream?": predictions.SIMULATIONS,
    "Did training suffer?": [*training.SIMULATIONS, *learning.SIMULATIONS],
    "Is a family of verdicts judged together?": family.SIMULATIONS,
}

PREFACE = """\
# Do the intervals cover, and do the tests reject, as often as they promise?

Every row is a simulation in which the truth is known. *covered*: the share of runs whose interval holds the truth.
*rejected*: the share of runs in which the test or verdict says what the row names: a false alarm where a nominal size
is given, the power where none is (–). "≤" marks what promises no more than an upper bound. The standard error is the
Monte Carlo error of the simulation itself. Repeat with `make calibrate`.
"""

HEADER = """\
| what | truth | runs | result | nominal | standard error | remark |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Run every simulation and write the table."""
    parts = [PREFACE]
    for title, simulations in SECTIONS.items():
        lines = []
        for simulation in simulations:
            lines.append(simulation.run().line())
            print(lines[-1], flush=True)
        parts.append(f"\n## {title}\n\n{HEADER}" + "\n".join(lines) + "\n")
    RESULT.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
