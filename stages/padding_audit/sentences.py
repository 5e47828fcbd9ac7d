"""What an audit says in words and numbers."""

from collections.abc import Mapping, Sequence
from math import isfinite, isnan

from .result import Cause, Did, FirstLeak, SideFinding, Verdict

BECAUSE = {
    Cause.NO_MASK: "no layer before it makes a mask for its steps",
    Cause.LOST: "{culprit} drops the mask silently",
    Cause.DESTROYED: "{culprit} drops the mask",
    Cause.REPLACED: "{culprit} replaces the mask by one that takes pads for text",
    Cause.NOT_HANDED: "Keras does not hand it the mask",
    Cause.MISALIGNED: "the mask{behind} marks other steps than the pads",
    Cause.MISUSED: "it gets the right mask and reads pads all the same",
    Cause.MIXES_STEPS: "it computes across steps and ignores the mask",
    Cause.FIXED_WIDTH: "every place in a text has weights of its own",
}
NOBODY = {Cause.LOST: "code between two layers", Cause.DESTROYED: "a layer before it", Cause.REPLACED: "something"}
"""Who it was where no layer is named."""
DOES = {
    Did.MADE: "makes it",
    Did.KEPT: "hands it on",
    Did.CONSUMED: "uses it up",
    Did.REPLACED: "replaces it",
    Did.DESTROYED: "drops it",
    Did.LOST_BEFORE: "lost before",
    Did.NOT_HANDED: "is not handed it",
    Did.NONE: "none",
}
"""What a layer does with the mask."""
PREDICATES = {
    Verdict.LEAKS: "{leaks} into the output",
    Verdict.UNDEFINED: "cannot be judged, as an output is not a number",
    Verdict.ROUNDING: "{is_} exact up to rounding",
    Verdict.EXACT: "{is_} exact",
    Verdict.PROVEN: "{is_} proven exact for any number of pads",
}
MOST_WORDS = 25
"""Of a sentence that tells of both sides."""
WORST_FIRST = list(PREDICATES)


def answer(sides: Mapping[str, SideFinding]) -> str:
    """The answer, the worst side first: what leaks, from which layer on, and why."""
    groups: dict[tuple[Verdict, FirstLeak | None], list[str]] = {}
    for side in sorted(sides, key=lambda side: WORST_FIRST.index(sides[side].verdict)):
        groups.setdefault((sides[side].verdict, sides[side].first_leak), []).append(side)
    clauses = [clause for (verdict, leak), names in groups.items() for clause in _clauses(names, verdict, leak)]
    together = "; ".join(clauses)
    if len(groups) == len(clauses) and list(groups)[-1][1] is None and len(together.split()) <= MOST_WORDS:
        clauses = [together]
    return " ".join(f"{_capital(clause)}." for clause in clauses)


def because(leak: FirstLeak) -> str:
    """Why a layer is the first to read pads, as the end of a sentence."""
    behind = f" behind {name(leak.culprit)}" if leak.culprit else ""
    culprit = "it" if leak.culprit == leak.path else name(leak.culprit) if leak.culprit else NOBODY.get(leak.cause, "")
    return BECAUSE[leak.cause].format(culprit=culprit, behind=behind)


def call_name(path: str, call: int) -> str:
    """A layer's path, with the number of its call where it is not the first."""
    return path if call == 1 else f"{path}, call {call}"


def name(text: str) -> str:
    """A name inside a sentence: between backticks, of which it keeps none itself, in printable characters."""
    return f"`{printable(text).replace('`', chr(39))}`"


def printable(text: str) -> str:
    """A text of one line in which no character controls a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def number(value: float | None) -> str:
    """0 where it is exact, else two significant digits: 0.64, 1.2e-7; a dash where it is unknown."""
    if value is None:
        return "–"
    if not isfinite(value):
        return "NaN" if isnan(value) else "∞"
    if value == 0:
        return "0"
    if abs(value) < 1e-3:
        digits, exponent = f"{value:.1e}".split("e")
        return f"{digits}e{int(exponent)}"
    rounded = float(f"{value:.2g}")
    return f"{rounded:.0f}" if abs(rounded) >= 10 else f"{rounded:#.2g}"


def percent(share: float, low: float | None = None, high: float | None = None) -> str:
    """A share in percent, with its interval: 3.4 % [2.1, 5.4]."""
    interval = "" if low is None or high is None else f" [{number(100 * low)}, {number(100 * high)}]"
    return f"{number(100 * share)} %{interval}"


def listed(words: Sequence[str], word: str = "and") -> str:
    """a, b and c."""
    return f" {word} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def padding(sides: Sequence[str], word: str = "and") -> str:
    """pre-padding; pre- and post-padding."""
    return f"{f'- {word} '.join(sides)}-padding"


def _clauses(sides: list[str], verdict: Verdict, leak: FirstLeak | None) -> list[str]:
    one = len(sides) == 1
    subject = padding(sides)
    predicate = PREDICATES[verdict].format(leaks="leaks" if one else "leak", is_="is" if one else "are")
    if leak is None:
        return [f"{subject} {predicate}"]
    layer = f"layer {name(leak.path)}" + (f", call {leak.call}," if leak.call > 1 else "")
    if verdict is Verdict.LEAKS:
        return [f"{subject} {'leaks' if one else 'leak'} from {layer} on, because {because(leak)}"]
    return [f"{subject} {predicate}", f"the first to read pads is {layer.rstrip(',')}: {because(leak)}"]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
