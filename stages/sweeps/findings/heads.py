"""Which layers behind the LSTM keep its invariance, and which break it."""

from stages.reporting.format import format_ratio, format_ratio_interval, listed, spaced
from stages.stats.rounding import rounded
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.rows import ROUNDING, Record, Row

KEEPS, ROUNDS, BREAKS, LEAKS, UNDEFINED = "keeps", "rounds", "breaks", "leaks", "undefined"
"""What a head reads is EXACT; it moves by rounding alone; by more, although the last h is EXACT; neither is EXACT; it
cannot be told."""


def downstream_findings(grid: Grid) -> list[Record]:
    """One finding, where at least three heads were trained behind recurrent layers."""
    rows = [row for row in grid.rows if row.recurrent]
    heads = list(dict.fromkeys(row.architecture["head"] for row in rows))
    if len(heads) < 3:
        return []
    matrix = [_entry(row) for row in rows]
    of_head = {head: [each for each in matrix if each["head"] == head] for head in heads}
    return [
        {
            "id": "matrix",
            "cells": matrix,
            "keeps": [head for head in heads if _behind_a_mask(of_head[head]) == {KEEPS}],
            "rounds": [head for head in heads if _rounds(_behind_a_mask(of_head[head]))],
            "breaks": [head for head in heads if BREAKS in _behind_a_mask(of_head[head])],
            "text": _text(matrix, heads),
        }
    ]


def fate(row: Row) -> str:
    """What becomes of the invariance between the last hidden state and the classifier."""
    head, state = row.verdict("drift_ratio"), row.verdict("state_drift")
    if head is Verdict.EXACT:
        return KEEPS
    if state is Verdict.EXACT:
        return ROUNDS if (row.record["drift_ratio"]["estimate"] or 1.0) <= ROUNDING else BREAKS
    return UNDEFINED if Verdict.UNDEFINED in (head, state) else LEAKS


def _entry(row: Row) -> Record:
    return {
        "head": row.architecture["head"],
        "mask": row.architecture["mask"],
        "masked": row.masked,
        "side": row.side,
        "variant": row.variant,
        "fate": fate(row),
        "drift_ratio": rounded(row.record["drift_ratio"]),
        "learned": row.learned,
    }


def _behind_a_mask(entries: list[Record]) -> set[str]:
    return {each["fate"] for each in entries if each["masked"]}


def _rounds(fates: set[str]) -> bool:
    return ROUNDS in fates and fates <= {KEEPS, ROUNDS}


def _text(matrix: list[Record], heads: list[str]) -> str:
    masked = {head: [each for each in matrix if each["head"] == head and each["masked"]] for head in heads}
    keep = [head for head in heads if {each["fate"] for each in masked[head]} == {KEEPS}]
    broken = {head: [each for each in masked[head] if each["fate"] == BREAKS] for head in heads}
    sentences = []
    if keep:
        sentences.append(
            f"Behind a mask {_names(keep)} keep{'s' * (len(keep) == 1)} the state EXACT, trained and padded."
        )
    rounds = [head for head in heads if _rounds({each["fate"] for each in masked[head]})]
    if rounds:
        largest = [f"`{head}` ({_largest(masked[head])})" for head in rounds]
        sentences.append(f"{listed(largest)} keep{'s' * (len(rounds) == 1)} it to rounding.")
    if any(broken.values()):
        worst = [f"`{head}` ({_largest(each)})" for head, each in broken.items() if each]
        one = len(worst) == 1
        sentences.append(f"{listed(worst)} break{'s' * one} it, although the h of the LSTM itself is EXACT.")
    open_ = [head for head in heads if masked[head] and head not in keep + rounds and not broken[head]]
    if open_:
        sentences.append(f"For {_names(open_)} it is undefined: too few seeds learned, or the LSTM itself moves.")
    none = [each for each in matrix if not each["masked"]]
    exact = list(dict.fromkeys(each["head"] for each in none if each["fate"] == KEEPS))
    if none:
        sentences.append(f"Without a mask {_names(exact) if exact else 'no head'} is EXACT.")
    return " ".join(sentences)


def _names(heads: list[str]) -> str:
    return listed([f"`{head}`" for head in heads])


def _largest(entries: list[Record]) -> str:
    """The largest drift of the entries, with where it is."""
    known = [each for each in entries if each["drift_ratio"]["estimate"] is not None]
    if not known:
        return "drift undefined: too few seeds learned"
    most = max(known, key=lambda each: each["drift_ratio"]["estimate"])
    found = most["drift_ratio"]
    return (
        f"drift {spaced(format_ratio(found['estimate']), format_ratio_interval(found['low'], found['high']))}, "
        f"{most['side']}"
    )
