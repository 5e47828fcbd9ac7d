"""The gate: does every variant that is declared padding-invariant keep what the gate demands?"""

import sys
from pathlib import Path

from stages.analysis.contract import Finding, Report, from_json
from stages.errors import UserError
from stages.params.schema import GateParams, Params
from stages.reporting.format import format_plain, format_ratio
from stages.reporting.report_json import shown_params
from stages.reporting.results import DRIFT, FLIPS, Results, condition_text
from stages.runtime.command import run
from stages.runtime.files import read_json
from stages.stats.rounding import rounded
from stages.stats.verdicts import Verdict

NAMES = {DRIFT: "drift ratio", FLIPS: "share of flipped predictions"}


def violations(results: Results, gate: GateParams) -> list[str]:
    """A sentence for every verdict that breaks the gate, naming the verdict and the bound; empty where all hold.

    With `must_be: exact` a verdict has to be EXACT. With `equivalent`, EXACT or an ε* (the bound that its 90 % interval
    stays below) under the gate's own bound will do. What is UNDEFINED shows nothing, so it does not pass either.
    """
    sentences: list[str] = []
    for variant in gate.invariant:
        findings = demanded(results, variant)
        if not findings:
            sentences.append(f"`{variant}`: the report holds no verdict on it; name it in train.variants and run again")
        sentences += [sentence for finding in findings if (sentence := _violation(finding, gate)) is not None]
    return sentences


def demanded(results: Results, variant: str) -> list[Finding]:
    """The verdicts on one variant that the gate looks at: drift of every state, and flips, under every condition."""
    return [finding for finding in results.findings if finding.variant == variant and finding.estimand in NAMES]


def _violation(finding: Finding, gate: GateParams) -> str | None:
    if finding.verdict is Verdict.EXACT:
        return None
    state = f", state {finding.state}" if finding.state else ""
    where = f"`{finding.variant}` ({finding.side}), {condition_text(finding.condition or '')}{state}"
    what = f"{where}: {NAMES[finding.estimand]} {format_ratio(finding.estimate)} is {finding.verdict}"
    if finding.verdict is Verdict.UNDEFINED:
        return f"{what} ({finding.reason})"
    if gate.must_be == "exact":
        return f"{what}, a value moved by {format_ratio(finding.largest_change)}; gate.must_be allows EXACT alone"
    bound: float = getattr(gate, finding.estimand)  # the bounds are called as what they bound
    if finding.smallest_epsilon is not None and finding.smallest_epsilon < bound:
        return None
    allows = f"gate.{finding.estimand} allows less than {format_plain(bound)}"
    return f"{what}, it may be as large as {format_ratio(finding.smallest_epsilon)}; {allows}"


def gate(params: Params, *, reports: Path) -> None:
    """Read the report of the chosen dataset; exit with code 1, one line for each broken bound, if any is broken.

    Raises:
        UserError: the report is missing, or was made with other params than those of now.
    """
    path = reports / params.dataset / "report.json"
    report = from_json(Report, read_json(path))
    if report.params != rounded(shown_params(params)):
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
