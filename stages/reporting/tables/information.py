"""What pads leave of the information in a state: geometry, probes, forgetting."""

from stages.reporting.format import (
    MISSING,
    format_count,
    format_percent,
    format_percent_of,
    format_plain,
    format_ratio,
    format_ratio_of,
    listed,
)
from stages.reporting.results import ALONE, CellFacts, Estimate, Record, Results
from stages.reporting.tables.parts import Notes, Table, cell_name, condition_rows

PADS_FIRST = "pads come before the text: they move the start state, which the text then overwrites"
NO_PROBE = "no probe: no seed learned, or the analysis holds none"


def information_table(results: Results) -> Table:
    """A row for each condition: spread that is left, and a frozen head against a probe that is fitted anew."""
    header = ["padding", "variant", "condition", "dispersion left", "participation ratio", "effective rank"]
    header += ["frozen head", "probe refitted"]
    conditions = [ALONE, *results.conditions]
    rows = [
        [*cell_name(cell), name, *_left(cell, condition)]
        for cell in results.originals
        for name, condition in condition_rows(results, cell, conditions)
    ]
    return Table(header, [row for row in rows if any(text != MISSING for text in row[3:])])


def probe_texts(results: Results) -> str:
    """On how many texts probes were fitted, and what their intervals speak of."""
    texts = [probes["texts"] for cell in results.originals if (probes := cell.record.get("probes") or {}).get("texts")]
    on = f"Probes read {format_count(max(texts))} texts; intervals" if texts else "Intervals"
    return f"{on} speak of new seeds on these texts."


def _left(cell: CellFacts, condition: str) -> list[str]:
    state = cell.state_at(condition, cell.state)
    label: list[Record] = (cell.record.get("probes") or {}).get("label") or []
    probe = next((each for each in label if each["condition"] == condition), {})
    return [
        format_ratio_of(Estimate.of(state.get("dispersion_left"))),
        format_ratio(state.get("participation_ratio")),
        format_ratio(state.get("effective_rank")),
        format_percent_of(Estimate.of(probe.get("frozen"))),
        format_percent_of(Estimate.of(probe.get("refitted"))),
    ]


def pad_count_table(results: Results) -> Table:
    """A row for each cell: how well a linear probe reads the number of pads, and the length, off the state."""
    header = ["padding", "variant", "accuracy of reading k", "chance", "control", "information, bits", "of bits"]
    header += ["R² of the length, without pads"]
    notes = Notes()
    return Table(header, [[*cell_name(cell), *_read(cell, notes)] for cell in results.originals], notes.reasons)


def _read(cell: CellFacts, notes: Notes) -> list[str]:
    probes = cell.record.get("probes") or {}
    count: Record = probes.get("pad_count") or {}
    read = Estimate.of(count.get("accuracy"))
    if read is None:
        return [notes.mark(MISSING, count.get("reason") or NO_PROBE), *[MISSING] * 5]
    return [
        f"{format_percent_of(read)} of {count['classes']} classes",
        format_percent(count["chance"]),
        format_percent_of(Estimate.of(count.get("control"))),
        format_ratio_of(Estimate.of(count.get("information_bits"))),
        format_ratio(count.get("entropy_bits")),
        format_ratio_of(Estimate.of(probes.get("length_r2"))),
    ]


def forgetting_table(results: Results) -> Table:
    """A row for each cell: how fast pads bring texts together, and where a run of pads ends."""
    header = ["padding", "variant", "half-life within a class, pads", "half-life between classes, pads"]
    header += ["distance left, within / between", "spectral radius", "fixed points of a seed", "starts that settled"]
    notes = Notes()
    rows = [[*cell_name(cell), *_curve(cell, notes), *_ends(cell, notes)] for cell in results.originals]
    return Table(header, rows, notes.reasons)


def _curve(cell: CellFacts, notes: Notes) -> list[str]:
    """Two half-lives, and the distances between texts that the most pads leave."""
    forgetting: Record = cell.record.get("forgetting") or {}
    if cell.side == "pre":
        forgetting = {key: value for key, value in forgetting.items() if key != "converging"}
    texts = [_half_life(cell, forgetting, pairs, notes) for pairs in ("within", "between")]
    points = [point for point in forgetting.get("points") or [] if point["pads"]]
    if not points:
        return [*texts, MISSING]
    last = points[-1]
    left = [format_ratio_of(Estimate.of(last.get(pairs))) for pairs in ("within", "between")]
    return [*texts, f"{' / '.join(left)} at {last['pads']}"]


def _half_life(cell: CellFacts, forgetting: Record, pairs: str, notes: Notes) -> str:
    """The half-life with its interval, where it begins and of which share of pairs, or why there is none."""
    life, share = (Estimate.of((forgetting.get(key) or {}).get(pairs)) for key in ("half_life", "converging"))
    converging = "" if share is None else f"; {format_percent_of(share)} converge"
    if life is None:
        # Where only some seeds have one, a mean over them would not be that of the seeds that learned.
        lives = [format_ratio(each) for each in (forgetting.get("half_lives") or {}).get(pairs) or []]
        some = f"{_range(lives)} in {len(lives)} of {len(cell.learned)} seeds" if lives else MISSING
        return notes.mark(some, (forgetting.get("reasons") or {}).get(pairs) or _why_no_curve(cell)) + converging
    start = (forgetting.get("from_pads") or {}).get(pairs)
    return format_ratio_of(life) + (f", from {start} pads on" if start else "") + converging


def _why_no_curve(cell: CellFacts) -> str:
    if moves(cell) is False:
        return "a pad does not move the state, so nothing is forgotten"
    if (cell.record.get("forgetting") or {}).get("points"):
        return "no half-life was fitted"
    return "the analysis holds no curve, as where no seed learned"


def moves(cell: CellFacts) -> bool | None:
    """Whether a pad moves the state of the first recurrent layer; None where that was not looked at."""
    step: Record = cell.record.get("pad_step") or {}
    found: bool | None = step.get("moves")
    return found


def spectral_radius(cell: CellFacts) -> str | None:
    """The range over all fixed points of all seeds; None where none was found."""
    seeds = (cell.record.get("pad_step") or {}).get("seeds") or []
    radii = sorted(point["spectral_radius"] for each in seeds for point in each.get("fixed_points") or [])
    return _range([format_ratio(radius) for radius in radii]) if radii else None


def _ends(cell: CellFacts, notes: Notes) -> list[str]:
    if moves(cell) is False:
        return [
            notes.mark(MISSING, "a pad leaves every state as it is, so every state is a fixed point"),
            MISSING,
            MISSING,
        ]
    if cell.side == "pre":
        return [notes.mark(MISSING, PADS_FIRST), MISSING, MISSING]
    seeds = (cell.record.get("pad_step") or {}).get("seeds") or []
    if not seeds:
        return [notes.mark(MISSING, "the analysis holds no account of the pad step"), MISSING, MISSING]
    counts = sorted({len(each.get("fixed_points") or []) for each in seeds})
    settled = [each["settled"] for each in seeds if each.get("settled") is not None]
    return [
        spectral_radius(cell) or notes.mark(MISSING, "no run of pads settled"),
        listed([format_plain(count) for count in counts], "or"),
        _range([format_percent(share) for share in sorted(settled)]) if settled else MISSING,
    ]


def _range(texts: list[str]) -> str:
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}"
