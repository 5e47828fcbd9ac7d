"""The figures behind each finding, as tables: widths, batching modes, settings, and the published figures."""

from collections.abc import Callable

from stages.reporting.format import MISSING, format_percent, format_points, format_points_interval, format_ratio, spaced
from stages.reporting.results import Record
from stages.reporting.table import Table
from stages.stats.verdicts import Verdict
from stages.sweeps.report.tables import axis_title, points_of, share_of


def finding_tables(content: Record) -> list[tuple[str, Table]]:
    """A heading and a table for each kind of finding that has figures of its own."""
    made: dict[str, tuple[str, Callable[[list[Record]], Table]]] = {
        "threshold": ("Where each seed falls to chance", _thresholds),
        "knee": ("Accuracy lost against compute saved", _widths),
        "equivalence": ("Batching modes against each other", _batching),
        "tuning": ("What tuning closes", _tuning),
        "published": ("Beside the published figures", _published),
        "matrix": ("What becomes of the invariance", _fates),
    }
    found = []
    for identity, (heading, table) in made.items():
        mine = [each for each in content["findings"] if each["id"] == identity]
        if mine:
            found.append((heading, table(mine)))
    return found


def _thresholds(findings: list[Record]) -> Table:
    header = [
        "variant",
        "padding",
        "seed",
        "last share at which it learns",
        "first from which on it does not",
        "midpoint",
    ]
    rows = [
        [
            *_cell(each),
            str(seed["seed"]),
            format_percent(seed["last_learned"]),
            format_percent(seed["first_lost"]),
            format_percent(seed["midpoint"]),
        ]
        for each in findings
        for seed in each["seeds"]
    ]
    notes = ["A dash: it learned at no share that was tried, or still does at the largest, so it has no midpoint."]
    return Table(header, rows, notes if any(MISSING in row for row in rows) else [])


def _widths(findings: list[Record]) -> Table:
    header = ["variant", "padding", "max_len", "which is", "computed tokens, times", "texts cut"]
    header += ["accuracy − widest, points", "mark"]
    rows = [
        [
            *_cell(each),
            str(point["label"]),
            str(point["max_len"]),
            format_ratio(point["computed_ratio"]),
            format_percent(point["truncated_share"]),
            _judged(point),
            _mark(each, point),
        ]
        for each in findings
        for point in each["points"]
    ]
    return Table(header, rows)


def _mark(finding: Record, point: Record) -> str:
    bend = finding["knee"]
    marks = [
        "shortest not worse" if point["label"] == finding["shortest"]["label"] else "",
        "knee" if bend is not None and point["label"] == bend["label"] else "",
    ]
    return ", ".join(mark for mark in marks if mark)


def _batching(findings: list[Record]) -> Table:
    header = ["variant", "padding", "batches", "against", "accuracy, points", "90 % interval", "TOST p"]
    header += ["computed tokens, times"]
    rows = [
        [
            *_cell(each),
            pair["level"],
            pair["reference"],
            _judged(pair),
            format_points_interval(pair["low_90"], pair["high_90"]),
            pair["tost_p_text"] or MISSING,
            format_ratio(pair["computed_ratio"]),
        ]
        for each in findings
        for pair in each["pairs"]
    ]
    return Table(header, rows)


def _tuning(findings: list[Record]) -> Table:
    axes = list(findings[0]["tried"][0]["levels"])
    header = ["padding", *(axis_title(axis) for axis in axes), "gain of the mask, points"]
    header += ["validation accuracy without it", "mark"]
    rows = [
        [
            each["levels"]["side"],
            *(tried["levels"][axis] for axis in axes),
            _judged(tried["gap"]),
            share_of(tried["validation_accuracy"]),
            ", ".join(
                word
                for word, levels in (("first", each["default"]), ("best without a mask", each["best"]))
                if levels == tried["levels"]
            ),
        ]
        for each in findings
        for tried in each["tried"]
    ]
    return Table(header, rows)


def _published(findings: list[Record]) -> Table:
    header = ["network", "padding", "published, about", "test accuracy here", "training accuracy here", "max_len here"]
    header += ["padding in the training rows here"]
    rows = [
        [
            f"{each['network'].upper()} (`{each['variant']}`)",
            each["side"],
            f"{100 * each['published']:.0f} %",
            share_of(each["accuracy"]),
            share_of(each["train_accuracy"]),
            str(each["max_len"]),
            format_percent(each["padding_share"]),
        ]
        for each in findings[0]["table"]
    ]
    return Table(header, rows)


WORDS = {
    "keeps": "EXACT",
    "rounds": "EXACT to rounding",
    "breaks": "breaks it",
    "leaks": "moves with the LSTM",
    "undefined": "undefined",
}


def _fates(findings: list[Record]) -> Table:
    """A row for each head, a column for each variant and side."""
    cells = findings[0]["cells"]
    columns = list(dict.fromkeys((each["variant"], each["side"]) for each in cells))
    heads = list(dict.fromkeys(each["head"] for each in cells))
    by: dict[tuple[str, str, str], list[str]] = {}
    for each in cells:
        by.setdefault((each["head"], each["variant"], each["side"]), []).append(WORDS[each["fate"]])
    header = ["head", *(f"`{variant}` ({side})" for variant, side in columns)]
    rows = [
        [f"`{head}`", *("; ".join(dict.fromkeys(by.get((head, *column), [MISSING]))) for column in columns)]
        for head in heads
    ]
    return Table(header, rows)


def _cell(finding: Record) -> list[str]:
    """Variant, other axes behind it, and side."""
    levels = finding["levels"]
    rest = [f"{axis} {label}" for axis, label in levels.items() if axis not in ("side", "variant")]
    return [", ".join([f"`{levels['variant']}`", *rest]), levels["side"]]


def _judged(record: Record) -> str:
    if record["verdict"] == Verdict.EXACT:
        return "0 (exact)"
    verdict = "" if record["verdict"] == Verdict.UNDEFINED else record["verdict"]
    return spaced(points_of(record) if record["low"] is not None else format_points(record["estimate"]), verdict)
