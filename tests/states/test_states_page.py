"""docs/states.md against the files: its lines open them, and its tables name every column and key."""

import dataclasses
import importlib.util
import re

import numpy as np
import pytest

from stages.runtime.paths import AUDIT, PAD_STEP, READOUT, states_file, states_of
from stages.states.schema import StatesMetadata, arrow_schema
from tests.conftest import REPOSITORY
from tests.states.test_states import columns, metadata, write

PAGE = (REPOSITORY / "docs" / "states.md").read_text()
*OPENING, ABOUT = re.findall(r"```python\n(.*?)\n```", PAGE, re.DOTALL)
KEYS = ("variant", "side", "seed", "condition")


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Two variants, sides, seeds and conditions of three texts, with what lies beside them."""
    root = tmp_path_factory.mktemp("project")
    for variant in ("baseline", "masked"):
        for side in ("pre", "post"):
            for seed in (0, 10):
                folder = states_of(root / "data" / "states", side, variant, seed)
                for condition in ("pads-0", "as-trained"):
                    write(states_file(folder, condition), columns([3, 1, 2], seed=seed))
                for name in (AUDIT, PAD_STEP, READOUT):
                    (folder / name).write_bytes(b"no Parquet")
    return root


def opened(line: str, root, monkeypatch, name: str):
    library = re.findall(r"import ([\w, ]+)", line)[0].split(",")[-1].strip()
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    monkeypatch.chdir(root)
    names: dict[str, object] = {}
    exec(line, names)
    return names[name]


def rows(states) -> list[dict]:
    """The rows of a frame, table or relation, whatever made it."""
    table = states.arrow() if hasattr(states, "fetchall") else states
    if hasattr(table, "to_dicts"):
        return table.to_dicts()
    if hasattr(table, "read_all"):
        table = table.read_all()
    return table.to_pylist() if hasattr(table, "to_pylist") else table.to_dict("records")


@pytest.mark.parametrize("line", OPENING, ids=lambda line: line.split()[1].strip(";"))
def test_a_line_opens_every_model_and_condition(states, monkeypatch, line):
    found = rows(opened(line, states, monkeypatch, "states"))
    assert len(found) == 2 * 2 * 2 * 2 * 3
    assert len({tuple(str(row[key]) for key in KEYS) for row in found}) == 16
    assert set(found[0]) == {*arrow_schema(metadata()).names, *KEYS}
    one = [row for row in found if [str(row[key]) for key in KEYS] == ["masked", "pre", "10", "as-trained"]]
    assert [row["text_id"] for row in one] == [3, 1, 2]
    np.testing.assert_array_equal([row["head"] for row in one], columns([3, 1, 2], seed=10)["head"])


def test_the_page_tries_four_libraries():
    assert [re.split(r"\W", line)[1] for line in OPENING] == ["pandas", "pyarrow", "duckdb", "polars"]


def test_a_line_reads_the_names_of_the_classes(states, monkeypatch):
    about = opened(ABOUT, states, monkeypatch, "about")
    assert (about["classes"], about["tokenizer"]) == (["no", "yes"], "abc")


def named(heading: str) -> list[str]:
    """What stands in the first column of the table below a heading."""
    below = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    return [name for row in re.findall(r"^\| (`.*?) \|", below, re.MULTILINE) for name in re.findall(r"`(.+?)`", row)]


def test_the_dictionary_names_every_column_and_key():
    columns_of_layers = [re.sub(r"^([hc])_.*", r"\1_<layer>", name) for name in arrow_schema(metadata()).names]
    assert named("Columns") == [*columns_of_layers, *KEYS]
    assert sorted(named("Metadata")) == sorted(field.name for field in dataclasses.fields(StatesMetadata))
