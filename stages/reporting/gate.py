"""The gate: does every variant and every model that is declared padding-invariant keep what the gate demands?"""

import sys
from pathlib import Path
from typing import Any

from stages.analysis.contract import Finding, Report, from_json
from stages.errors import UserError
from stages.params.schema import GateParams, Params
from stages.reporting.format import format_plain, format_ratio
from stages.reporting.report_json import shown_params
from stages.reporting.results import DRIFT, FLIPS, Results, condition_text
from stages.runtime.command import run
from stages.runtime.files import read_json
from stages.stats.rounding import rounded
from stages.stats.verdicts import UNMOVED, Verdict

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
    if finding.verdict in UNMOVED:
        return None
    state = f", state {finding.state}" if finding.state else ""
    where = f"`{finding.variant}` ({finding.side}), {condition_text(finding.condition or '')}{state}"
    what = f"{where}: {NAMES[finding.estimand]} {format_ratio(finding.estimate)} is {finding.word}"
    if finding.verdict is Verdict.UNDEFINED:
        return f"{what} ({finding.reason})"
    if gate.must_be == "exact":
        return f"{what}, a value moved by {format_ratio(finding.largest_change)}; gate.must_be allows EXACT alone"
    bound: float = getattr(gate, finding.estimand)  # the bounds are called as what they bound
    if finding.smallest_epsilon is not None and finding.smallest_epsilon < bound:
        return None
    allows = f"gate.{finding.estimand} allows less than {format_plain(bound)}"
    return f"{what}, it may be as large as {format_ratio(finding.smallest_epsilon)}; {allows}"


def leaks(model: str, sides: dict[str, Any]) -> list[str]:
    """A sentence for every side on which an audited model leaks, or gives what is no number.

    Args:
        model: its id.
        sides: as in the audit's report.json.
    """
    return [
        sentence for side, finding in sides.items() if (sentence := _leak(f"`{model}` ({side})", finding)) is not None
    ]


def _leak(where: str, finding: dict[str, Any]) -> str | None:
    """A verdict as a sentence; None where it says that padding changes nothing."""
    if finding["verdict"] == "UNDEFINED":
        return f"{where}: the output is UNDEFINED (not a number)"
    if finding["verdict"] != "LEAKS":
        return None
    first = finding["first_leak"]
    layer = f" from layer `{first['path']}` on ({first['cause']})" if first else ""
    moved = format_ratio(finding["largest_change"])
    return f"{where}: LEAKS{layer}, an output moved by {moved} of the largest; gate.models allows none that leaks"


def gate(params: Params, *, reports: Path) -> None:
    """Read the reports of the chosen dataset and of the models; exit with code 1 if any bound is broken, a line each.

    Raises:
        UserError: a report is missing, or was made with other params than those of now.
    """
    judged = [_judged_models(params, reports)] if params.gate.models else []
    judged += [_judged_variants(params, reports)] if params.gate.invariant else []
    for broken, _ in judged:
        for sentence in broken:
            print(f"gate: {sentence}", file=sys.stderr)
    if ends := [end for broken, end in judged if broken]:
        sys.exit("\n".join(f"gate: failed, {end}" for end in ends))
    for _, end in judged:
        print(f"gate: passed, {end}")


def _judged_variants(params: Params, reports: Path) -> tuple[list[str], str]:
    """What breaks the gate, and the last line, of the chosen dataset's variants."""
    path = reports / params.dataset / "report.json"
    report = from_json(Report, read_json(path))
    _require_params_of_now(path, report.params, rounded(shown_params(params)))
    results = Results(report)
    names = _named(params.gate.invariant)
    if broken := violations(results, params.gate):
        return broken, f"{len(broken)} verdicts of {names} break the bounds; see {path.with_suffix('.md')}"
    checked = sum(len(demanded(results, variant)) for variant in params.gate.invariant)
    return [], f"{names} on {params.dataset}: {checked} verdicts, each {params.gate.must_be}"


def _judged_models(params: Params, reports: Path) -> tuple[list[str], str]:
    """The same of the models of the user's own."""
    broken: list[str] = []
    leaking: list[str] = []
    for model in params.gate.models:
        path = reports / "models" / model / "report.json"
        report = read_json(path)
        _require_params_of_now(path, report["params"], params.audit[model].written())
        if sentences := leaks(model, report["sides"]):
            broken += sentences
            leaking.append(str(path.with_suffix(".md")))
    if broken:
        leak = "leaks" if len(leaking) == 1 else "leak"
        return broken, f"{len(leaking)} of {len(params.gate.models)} models {leak}; see {', '.join(leaking)}"
    return [], f"{_named(params.gate.models)}: padding leaks on no audited side"


def _require_params_of_now(path: Path, made_with: Any, now: dict[str, Any]) -> None:
    if made_with != now:
        raise UserError(f"{path}: made with other params than params.yaml holds now; run `dvc repro` first")


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    run(gate)
