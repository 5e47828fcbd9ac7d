"""The order of the rooms, by the imports themselves: what stands where, and what may lean on what."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

STAGES = REPOSITORY / "stages"
DOORS = ("ingest", "tokenize", "bag_of_words", "pad", "train", "export", "analyze", "report", "audit")
ROOMS = (
    "padding_audit",
    "errors",
    "params",
    "runtime",
    "texts",
    "stats",
    "models",
    "states",
    "analysis",
    "forecast",
    "reporting",
    "sweeps",
)
"""From the ground up: a room imports nothing of those behind it."""
MOST_LINES_OF_A_DOOR = 80


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)


MODULES = {module_name(path): path for path in STAGES.rglob("*.py") if path.name != "__init__.py"}


@cache
def imports(module: str) -> frozenset[str]:
    """The modules of the project that one names, those that only types need among them."""
    named = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*package, *(node.module or "").split(".")]).strip(".")
            named |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
    return frozenset(named & MODULES.keys())


def room(module: str) -> str:
    return module.split(".")[1]


def test_stages_holds_the_doors_and_the_rooms_and_nothing_else():
    names = {path.stem for path in STAGES.iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert names == {*DOORS, *ROOMS}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_thin(door):
    assert len((STAGES / f"{door}.py").read_text().splitlines()) < MOST_LINES_OF_A_DOOR


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_nothing_of_the_rooms_above_it(name):
    above = {*ROOMS[ROOMS.index(name) + 1 :], *DOORS}
    upward = {(module, other) for module in MODULES if room(module) == name for other in imports(module)}
    assert not {pair for pair in upward if room(pair[1]) in above}


def test_a_door_imports_no_other_door():
    assert not {(door, other) for door in DOORS for other in imports(f"stages.{door}") if room(other) in DOORS}


def test_no_file_leads_back_to_itself():
    def reached(module: str) -> set[str]:
        found: set[str] = set()
        waiting = [module]
        while waiting:
            new = imports(waiting.pop()) - found
            found |= new
            waiting += new
        return found

    assert not [module for module in MODULES if module in reached(module)]


def test_the_page_names_files_that_exist():
    page = (REPOSITORY / "docs" / "architecture.md").read_text()
    named = {word for word in page.split("`")[1::2] if word.endswith(".py") or word.endswith("/")}
    places = {word.rstrip("/") for word in named if "<" not in word and "*" not in word}
    assert len(places) > 15
    assert not [
        place
        for place in places
        if not any((top / place).exists() for top in (STAGES, REPOSITORY, STAGES / "reporting"))
    ]
