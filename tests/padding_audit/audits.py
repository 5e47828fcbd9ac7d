"""Audits made by hand: what a page says can be checked against what stands here."""

from stages.padding_audit.result import (
    Audit,
    Cause,
    Cure,
    Did,
    FirstLeak,
    Hazard,
    InputFacts,
    LayerRow,
    ModelFacts,
    OutputChange,
    PadsRow,
    SideFinding,
    Verdict,
)
from stages.padding_audit.sentences import answer

MODEL = ModelFacts("sentiment", None, "memory", None, "3.15.1", "tensorflow 2.21.0", None, 378, "float32")
IDS = InputFacts("ids", "tokens", 1, 0, None)
EXACT = SideFinding(Verdict.EXACT, 0.0, None, OutputChange(0.0, 0.0, 0.1, 0.0, 1))


def leak(cause=Cause.DESTROYED, culprit="pool", path="pool", call=1):
    return FirstLeak(path.rsplit("/", maxsplit=1)[-1], path, call, "GlobalMaxPooling1D", cause, culprit)


def leaks(first=None, verdict=Verdict.LEAKS):
    return SideFinding(verdict, 0.06, first, OutputChange(0.2, 0.1, 0.3, 0.03, 4))


def layer(path, did=Did.NONE, pre=0.0, post=0.0, call=1, type_="Dense"):
    """A row whose mask goes in and out as the deed says; changes are one number, or one for 1, 4 and 16 pads."""
    goes_in = did in (Did.KEPT, Did.CONSUMED, Did.REPLACED, Did.DESTROYED, Did.NOT_HANDED)
    comes_out = did in (Did.MADE, Did.KEPT, Did.REPLACED)
    values = {
        side: value if isinstance(value, dict) else {"1": value, "16": value}
        for side, value in [("pre", pre), ("post", post)]
    }
    return LayerRow(path, call, type_, goes_in, comes_out, did, values, None)


def pads_row(
    side="pre", pads=4, flips=0.2, largest=0.03, probability=0.01, condition="pads", output="dense", accuracy=None
):
    low, high = max(0, flips - 0.05), flips + 0.05
    return PadsRow(
        side, condition, pads, output, 33, flips, low, high, probability, largest, accuracy, accuracy and 0.9
    )


def hazard(sentence="`lstm` keeps its state for the next batch."):
    return Hazard("stateful", "lstm", None, None, sentence)


def cure(code="model.summary()", title="Average instead"):
    return Cure(Cause.DESTROYED, title, code, False, None, None, "It was not tried, as it needs training.")


CHAIN = [
    layer("embedding", Did.MADE, type_="Embedding"),
    layer("lstm", Did.KEPT, type_="LSTM"),
    layer("pool", Did.DESTROYED, pre={"1": 0.47, "4": 0.5, "16": 0.25}, type_="GlobalMaxPooling1D"),
    layer("dense", Did.NONE, pre=0.06),
]


def audit(layers=CHAIN, pre=None, post=EXACT, outputs=None, hazards=(), cures=(), model=MODEL, inputs=(IDS,), **rest):
    """An audit that leaks before the text, at `pool`, where nothing else is said."""
    sides = {"pre": pre or leaks(leak()), "post": post}
    sides = {side: finding for side, finding in sides.items() if finding is not None}
    rows = [pads_row(), pads_row("post", flips=0.0, largest=0.0, probability=0.0)] if outputs is None else outputs
    rows = [row for row in rows if row.side in sides]
    return Audit(
        model,
        list(inputs),
        sides,
        list(layers),
        rows,
        list(hazards),
        list(cures),
        rest.get("sentence") or answer(sides),
        33,
        rest.get("data", "made from the signature"),
    )


def long_audit(length=100, at=60, hazards=0, cures=0):
    """A model of many layers, whose mask is dropped in the middle."""
    rows = [layer("embedding", Did.MADE)] + [layer(f"block_{i}/layer", Did.KEPT) for i in range(1, at)]
    rows.append(layer("mixer", Did.DESTROYED, pre=0.5, post=0.5))
    rows += [layer(f"block_{i}/layer", Did.LOST_BEFORE, pre=0.4, post=0.4) for i in range(at + 1, length)]
    first = leaks(leak(Cause.DESTROYED, "mixer", "mixer"))
    return audit(rows, pre=first, post=first, hazards=[hazard("word " * 60)] * hazards, cures=[cure()] * cures)
