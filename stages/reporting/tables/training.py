"""Whether training suffered: variants against the baseline over seeds, every seed, and how alike the models are."""

import math

from stages.params.schema import BASELINE
from stages.reporting.format import (
    MISSING,
    format_p,
    format_percent,
    format_percent_interval,
    format_points,
    format_ratio,
    format_ratio_of,
    listed,
    spaced,
)
from stages.reporting.results import ACCURACY, CellFacts, Estimate, Finding, Record, Results, condition_text
from stages.reporting.tables.parts import Notes, Table, cell_name, points_text
from stages.stats.special import chi2_quantile

NOT_COMPARED = "the analysis holds no comparison over seeds"


def training_table(results: Results) -> Table:
    """A row for each side and variant that is compared with the baseline and no copy of it."""
    header = ["padding", "variant", f"accuracy − {BASELINE}, points", "exact sign-flip p", "better in a new seed"]
    header += ["TOST p", "smallest difference seen with power .8, points", "seeds"]
    notes = Notes()
    pairs = [(cell, results.finding(cell, ACCURACY)) for cell in results.originals if cell.variant != BASELINE]
    rows = [[*cell_name(cell), *_compared(cell, finding, notes)] for cell, finding in pairs if finding is not None]
    return Table(header, rows, notes.reasons, f"no variant but `{BASELINE}` itself is there to compare with it")


def _compared(cell: CellFacts, finding: Finding, notes: Notes) -> list[str]:
    training = cell.record.get("training") or {}
    reason = training.get("reason") or finding.reason or NOT_COMPARED
    texts = {
        "sign_flip_p": format_p(training.get("sign_flip_p")),
        "better": format_ratio_of(Estimate.of(training.get("better"))),
        "tost_p": format_p(training.get("tost_p")),
        "detectable": format_points(training.get("detectable")).removeprefix("+"),
    }
    return [
        points_text(finding, notes),
        *(notes.mark(text, reason) if text == MISSING else text for text in texts.values()),
        str(training.get("n_seeds", len(cell.seeds))),
    ]


def design(results: Results) -> str:
    """Which differences this number of seeds can tell from 0, and how far off the spread behind that may be.

    The 95 % interval of a standard deviation over seeds follows from the χ² distribution of its square.
    """
    cells = [cell for cell in results.originals if (cell.record.get("training") or {}).get("detectable") is not None]
    if not cells:
        return "Which differences this design sees is undefined: no variant has a spread of differences over seeds."
    seen = [
        f"{format_points(cell.record['training']['detectable']).removeprefix('+')} points (`{cell.variant}`, "
        f"{cell.side})"
        for cell in cells
    ]
    seeds = max(2, len(cells[0].seeds))
    least, most = (math.sqrt((seeds - 1) / chi2_quantile(share, seeds - 1)) for share in (0.975, 0.025))
    return (
        f"This design would tell from 0 a true difference of {listed(seen)} four times in five, if the spread over "
        f"{seeds} seeds seen here is the true one (which may be {least:.2f} to {most:.2f} times as large)."
    )


def seeds_table(results: Results) -> Table:
    """A row for each trained model; copies of the baseline are left out."""
    at = condition_text(results.headline)
    header = ["padding", "variant", "seed", "epochs", "test accuracy", "learned", f"drift ratio, {at}", f"flips, {at}"]
    rows = [
        [
            *cell_name(cell),
            str(seed.seed),
            str(seed.epochs),
            spaced(format_percent(seed.accuracy), format_percent_interval(seed.low, seed.high)),
            "yes" if seed.learned else "at chance",
            format_ratio(seed.drift[results.headline]),
            format_percent(seed.flips[results.headline]),
        ]
        for cell in results.originals
        for seed in cell.seeds
    ]
    return Table(header, rows)


def similarity_table(results: Results) -> Table:
    """A row for each pair of models' representations; pairs with a copy of the baseline are left out."""
    header = ["padding", "of", "condition", "debiased linear CKA", "angular Procrustes distance"]
    records = [each for each in results.records("similarity") if not {each["one"], each["two"]} & set(results.copies)]
    rows = [
        [
            each["side"],
            _pair(each),
            condition_text(each["condition"]),
            format_ratio_of(Estimate.of(each.get("cka"))),
            format_ratio_of(Estimate.of(each.get("procrustes"))),
        ]
        for each in records
    ]
    return Table(header, rows)


def _pair(record: Record) -> str:
    if record["of"] == "seeds":
        return f"`{record['one']}`, pairs of seeds"
    return f"`{record['one']}` and `{record['two']}`, same seed"
