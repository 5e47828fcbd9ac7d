"""Looks at more and more seeds until the six questions of a dataset are decided, with the chance of error kept."""

import subprocess
import sys
from pathlib import Path

from stages.analysis.contract import Report, from_json
from stages.analysis.contract_family import FamilyVerdict
from stages.errors import UserError
from stages.reporting.format import listed
from stages.runtime.files import read_json
from stages.stats.claims import LOOKS
from stages.stats.verdicts import Verdict


def run_looks(project: Path, dataset: str) -> list[FamilyVerdict]:
    """Run the looks as DVC experiments in the workspace, and print what each decides.

    Args:
        project: the folder of the pipeline.
        dataset: of the catalogue.

    Returns:
        The six verdicts of the last look.

    Raises:
        UserError: the pipeline failed.
    """
    for look, seeds in enumerate(LOOKS, start=1):
        knobs = {"dataset": dataset, "train.seeds": seeds, "analyze.family.look": look}
        settings = [word for key, value in knobs.items() for word in ("-S", f"{key}={value}")]
        print(f"look {look} of {len(LOOKS)}: {seeds} seeds", flush=True)
        command = [sys.executable, "-m", "dvc", "exp", "run", *settings, "report"]
        if subprocess.run(command, cwd=project, check=False).returncode:
            raise UserError(f"look {look} of {len(LOOKS)} failed, as said above; the same command begins it again")
        family = from_json(Report, read_json(project / "reports" / dataset / "report.json")).family
        left = [each for each in family if each.verdict is Verdict.INCONCLUSIVE]
        decided = sum(each.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNDEFINED) for each in family)
        print(f"{seeds} seeds: {decided} of {len(family)} questions decided{_told(left)}", flush=True)
        if not left:
            break
    return family


def _told(left: list[FamilyVerdict]) -> str:
    """What may decide the questions that are left, as the report's table says it."""
    told = ""
    for what, about_epsilon in (("seeds", False), ("texts, sooner than seeds,", True)):
        names = [f"{each.question} ({each.side})" for each in left if each.about_epsilon is about_epsilon]
        told += f"; more {what} may decide {listed(names)}" if names else ""
    return told
