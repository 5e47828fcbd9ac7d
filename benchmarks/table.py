"""The one table of RESULTS.md: a row for every comparison, with what it has to reach, written between two markers."""

import platform
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).parents[1]
RESULTS = REPOSITORY / "benchmarks" / "RESULTS.md"
NOT_MEASURED = "not measured"
HEAD = ("work", "against", "ours", "theirs", "found", "to reach", "held", "at", "repeat with")
COMMAND = "python -m benchmarks --only"


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        group: the name that `--only` gives it.
        work: what is done.
        against: the rival, or how else it would be done.
        ours, theirs: what was measured of each, as text.
        found: the number to be judged; None where it was not measured.
        bound: `≥ 2.5` or `≤ 3`; empty where a number is reported and not judged.
        unit: of both, such as s or %; empty for a ratio.
    """

    group: str
    work: str
    against: str
    ours: str = ""
    theirs: str = ""
    found: float | None = None
    bound: str = ""
    unit: str = ""

    def held(self) -> bool | None:
        """Whether the bound is kept; None where there is none, or nothing was measured."""
        if self.found is None or not self.bound:
            return None
        sign, limit = self.bound.split()
        return self.found >= float(limit) if sign == "≥" else self.found <= float(limit)

    def line(self, revision: str) -> str:
        """The row in Markdown."""
        found = NOT_MEASURED if self.found is None else f"{self.found:.{1 if self.unit else 2}f} {self.unit}".strip()
        held = {None: "–", True: "yes", False: "**no**"}[self.held()]
        reach = f"{self.bound} {self.unit}".strip() if self.bound else "reported"
        cells = (self.work, self.against, self.ours, self.theirs, found, reach, held, revision)
        return "| " + " | ".join((*cells, f"`{COMMAND} {self.group}`")) + " |"


def write_rows(rows: Iterable[Row], groups: Sequence[str], path: Path = RESULTS) -> None:
    """Put rows in the place of those of the same work and rival; others stay, and so does what was measured before.

    Args:
        rows: of some groups.
        groups: the names of all, in the order of the table; lines of other groups go.
        path: a file with the markers of `rows`.
    """
    lines = {_key(line): line for line in between(path, "rows").splitlines()[2:]}
    revision = _revision()
    for row in rows:
        line = row.line(revision)
        if row.found is not None or NOT_MEASURED in lines.get(_key(line), NOT_MEASURED):
            lines[_key(line)] = line
    of_group: dict[str, list[str]] = {name: [] for name in groups}
    for line in lines.values():
        of_group.get(line.rsplit("`", 2)[1].removeprefix(f"{COMMAND} "), []).append(line)
    replace(path, "rows", "\n".join([markdown_head(HEAD), *(line for lines in of_group.values() for line in lines)]))


def _key(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split("|")[1:3])


def markdown_head(names: Sequence[str]) -> str:
    """The head of a table in Markdown."""
    return "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|"


def between(path: Path, name: str) -> str:
    """What stands between the markers of that name."""
    return _marked(name).split(path.read_text(encoding="utf-8"))[2].strip("\n")


def replace(path: Path, name: str, text: str) -> None:
    """Put text between the markers of that name; all else stays."""
    before, opening, _, closing, after = _marked(name).split(path.read_text(encoding="utf-8"))
    path.write_text(f"{before}{opening}\n{text}\n{closing}{after}", encoding="utf-8")


def _marked(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->)(.*?)(<!-- /{name} -->)", re.DOTALL)


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median, and the smallest and largest value where there are several."""
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})" if len(values) > 1 else middle


def versions() -> str:
    """What it ran on."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}."


def _revision() -> str:
    command = ["git", "log", "-1", "--format=%h"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.strip()
