"""The file that all comparisons with rivals are written to: one section each, replaced when it is measured again."""

import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).parents[1]
RESULT = REPOSITORY / "benchmarks" / "RESULTS.md"


def write_section(title: str, section: str, path: Path = RESULT) -> None:
    """Put a section into a file of sections, in the place of the one of that title if there is one."""
    text = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    head, *sections = text.split("\n## ")
    parts = {each.split("\n", 1)[0]: each.split("\n", 1)[1] for each in sections}
    parts[title] = f"\n{section.strip()}\n"
    path.write_text("\n## ".join([head, *(f"{name}\n{part}" for name, part in parts.items())]), encoding="utf-8")


def spread(values: Sequence[float], digits: int = 1) -> str:
    """The median, and the smallest and largest value where there are several."""
    middle, low, high = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})" if len(values) > 1 else middle


def versions() -> str:
    """What it ran on."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}."
