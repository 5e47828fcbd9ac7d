"""What an audit says in words."""

from collections.abc import Mapping

from .result import Cause, FirstLeak, SideFinding, Verdict

BECAUSE = {
    Cause.NO_MASK: "no layer before it makes a mask",
    Cause.LOST: "{culprit} drops the mask without a word",
    Cause.DESTROYED: "{culprit} drops the mask",
    Cause.REPLACED: "{culprit} puts another mask in the place of the right one",
    Cause.NOT_HANDED: "Keras does not hand it the mask that reaches it",
    Cause.MISALIGNED: "the mask marks other steps than the pads",
    Cause.MISUSED: "it is handed the right mask and reads pads nevertheless",
    Cause.MIXES_STEPS: "it computes across steps without the mask",
    Cause.FIXED_WIDTH: "every step has weights of its own",
}


def because(leak: FirstLeak) -> str:
    """Why a layer is the first to leak, as the end of a sentence."""
    culprit = "it" if leak.culprit == leak.path else f"`{leak.culprit}`"
    if leak.cause is Cause.LOST and leak.culprit is None:
        culprit = "the code before it"
    return BECAUSE[leak.cause].format(culprit=culprit)


def answer(sides: Mapping[str, SideFinding]) -> str:
    """The answer, in one sentence for each side that differs."""
    words = {side: _of_side(finding) for side, finding in sides.items()}
    if len(set(words.values())) == 1:
        sides_text = " and ".join(f"{side}-padding" for side in sides)
        return f"{next(iter(words.values()))} ({sides_text})."
    return " ".join(f"{side.capitalize()}-padding: {text}." for side, text in words.items())


def _of_side(finding: SideFinding) -> str:
    if finding.first_leak is not None:
        leak = finding.first_leak
        call = f", call {leak.call}" if leak.call > 1 else ""
        return f"leaks from layer `{leak.path}`{call} on, because {because(leak)}"
    return {
        Verdict.PROVEN: "no number of pads changes the output",
        Verdict.EXACT: "exact, no output moved",
        Verdict.ROUNDING: "exact up to rounding",
        Verdict.LEAKS: "leaks",
        Verdict.UNDEFINED: "undefined, an output is not a number",
    }[finding.verdict]
