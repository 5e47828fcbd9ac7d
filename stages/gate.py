"""`make gate`: end with an error when a variant that is declared padding-invariant is not. For a team's CI."""

import sys
from pathlib import Path

from stages.command import run
from stages.errors import UserError
from stages.files import read_json
from stages.params import Params
from stages.reporting.content import shown_params
from stages.reporting.invariance import demanded, violations
from stages.reporting.numbers import rounded
from stages.reporting.results import Results


def gate(params: Params, *, reports: Path) -> None:
    """Read the report of the chosen dataset; exit with code 1, one line for each broken bound, if any is broken.

    Raises:
        UserError: the report is missing, or was made with other params than those of now.
    """
    path = reports / params.dataset / "report.json"
    report = read_json(path)
    if report["params"] != rounded(shown_params(params)):
        raise UserError(f"{path}: made with other params than params.yaml holds now; run `dvc repro` first")
    results = Results(report)
    broken = violations(results, params.gate)
    for sentence in broken:
        print(f"gate: {sentence}", file=sys.stderr)
    names = ", ".join(f"`{variant}`" for variant in params.gate.invariant)
    if broken:
        sys.exit(f"gate: failed, {len(broken)} verdicts of {names} break the bounds; see {path.with_suffix('.md')}")
    checked = sum(len(demanded(results, variant)) for variant in params.gate.invariant)
    print(f"gate: passed, {names} on {params.dataset}: {checked} verdicts, each {params.gate.must_be}")


if __name__ == "__main__":
    run(gate)
