"""Which layers behind the recurrent layer keep its invariance, and which break it."""

from dataclasses import replace

from stages.reporting.format import RATIO, listed
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.words import format_names
from stages.sweeps.sweep_json_findings import HeadCell, Matrix
from stages.sweeps.sweep_json_rows import ROUNDING, Row, picked

KEEPS, ROUNDS, BREAKS, LEAKS, UNDEFINED = "keeps", "rounds", "breaks", "leaks", "undefined"
"""What a head reads is EXACT; it moves by rounding alone; by more, although the last h is EXACT; neither is EXACT; it
cannot be told."""


def downstream_findings(grid: Grid) -> list[Matrix]:
    """One finding, where at least three heads were trained behind recurrent layers."""
    cells = [_cell(row) for row in grid.rows if row.recurrent]
    heads = list(dict.fromkeys(cell.head for cell in cells))
    if len(heads) < 3:
        return []
    fates = {head: {cell.fate for cell in cells if cell.head == head and cell.masked} for head in heads}
    matrix = Matrix(
        cells=cells,
        keeps=[head for head in heads if fates[head] == {KEEPS}],
        rounds=[head for head in heads if ROUNDS in fates[head] and fates[head] <= {KEEPS, ROUNDS}],
        breaks=[head for head in heads if BREAKS in fates[head]],
        text="",
    )
    return [replace(matrix, text=format_matrix(matrix))]


def what_head_keeps(row: Row) -> str:
    """What becomes of the invariance between the last hidden state and the classifier."""
    head, state = row.drift_ratio, row.state_drift
    if head.unmoved:
        return KEEPS
    if state is not None and state.unmoved:
        return ROUNDS if (row.drift_ratio.estimate or 1.0) <= ROUNDING else BREAKS
    undefined = Verdict.UNDEFINED in (head.verdict, None if state is None else state.verdict)
    return UNDEFINED if undefined else LEAKS


def format_matrix(matrix: Matrix) -> str:
    """The sentences of the finding."""
    masked: dict[str, list[HeadCell]] = {cell.head: [] for cell in matrix.cells}
    for cell in matrix.cells:
        masked[cell.head] += [cell] * cell.masked
    sentences = []
    if matrix.keeps:
        one = len(matrix.keeps) == 1
        sentences.append(
            f"Behind a mask {format_names(matrix.keeps)} keep{'s' * one} the state EXACT, trained and padded."
        )
    if matrix.rounds:
        largest = [f"`{head}` ({_largest(masked[head])})" for head in matrix.rounds]
        sentences.append(f"{listed(largest)} keep{'s' * (len(largest) == 1)} it to rounding.")
    if matrix.breaks:
        broken = {head: [cell for cell in masked[head] if cell.fate == BREAKS] for head in matrix.breaks}
        worst = [f"`{head}` ({_largest(cells)})" for head, cells in broken.items()]
        sentences.append(
            f"{listed(worst)} break{'s' * (len(worst) == 1)} it, although the h of the recurrent layer itself is EXACT."
        )
    told = [*matrix.keeps, *matrix.rounds, *matrix.breaks]
    rest = [head for head, cells in masked.items() if cells and head not in told]
    if rest:
        sentences.append(
            f"For {format_names(rest)} it is undefined: too few seeds learned, or the recurrent layer itself moves."
        )
    unmasked = [cell for cell in matrix.cells if not cell.masked]
    if unmasked:
        exact = dict.fromkeys(cell.head for cell in unmasked if cell.fate == KEEPS)
        sentences.append(f"Without a mask {format_names(exact) if exact else 'no head'} is EXACT.")
    return " ".join(sentences)


def _cell(row: Row) -> HeadCell:
    made_of, drift = row.architecture, row.drift_ratio.rounded()
    return picked(HeadCell, row, head=made_of.head, mask=made_of.mask, fate=what_head_keeps(row), drift_ratio=drift)


def _largest(cells: list[HeadCell]) -> str:
    """The largest drift of the cells, with where it is."""
    known = [cell for cell in cells if cell.drift_ratio.estimate is not None]
    if not known:
        return "drift undefined: too few seeds learned"
    most = max(known, key=lambda cell: cell.drift_ratio.estimate or 0.0)
    return f"drift {RATIO.of(most.drift_ratio)}, {most.side}"
