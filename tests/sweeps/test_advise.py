"""`make factors` writes the summary of a dataset's sweeps; `make advise` prints what it recommends."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from stages.errors import UserError
from stages.runtime.files import write_json
from stages.sweeps.__main__ import advise, factors, write_factors
from stages.sweeps.summary.factors_json import FactorsReport
from stages.sweeps.summary.markdown import factors_markdown
from tests.conftest import REPOSITORY
from tests.sweeps import planted_sweeps as planted

FILES = ("factors.json", "factors.md", "sweeps/figures/factors.svg")


@pytest.fixture
def swept(tmp_path):
    """A folder of reports with the planted sweeps of `synthetic`."""

    def make(*records):
        for each in records or planted.everything():
            write_json(tmp_path / "synthetic" / "sweeps" / f"{each.name}.json", each.to_json())
        return tmp_path

    return make


def test_summary_and_figure_are_written_and_say_the_same_twice(swept, make_params):
    reports = swept()
    factors(make_params(), reports=reports, dataset="")
    first = {name: (reports / "synthetic" / name).read_bytes() for name in FILES}
    write_factors(reports, "synthetic")
    assert {name: (reports / "synthetic" / name).read_bytes() for name in FILES} == first
    assert ET.fromstring(first["sweeps/figures/factors.svg"]).tag.endswith("svg")


def test_the_order_of_hashes_changes_nothing(swept):
    reports = swept()
    found = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "stages.sweeps", "factors", "--reports", reports, "--dataset", "synthetic"]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY, env=environment)
        found.append([(reports / "synthetic" / name).read_bytes() for name in FILES])
    assert found[0] == found[1]
    assert str(reports).encode() not in b"".join(found[0])


@pytest.mark.parametrize("records", [[], [planted.amount()], planted.everything()], ids=["none", "one", "all"])
def test_every_table_has_as_many_cells_in_each_row_as_in_its_header(records, tmp_path):
    (tmp_path / "synthetic").mkdir()
    for each in records:
        write_json(tmp_path / "synthetic" / "sweeps" / f"{each.name}.json", each.to_json())
    write_factors(tmp_path, "synthetic")
    text = (tmp_path / "synthetic" / "factors.md").read_text()
    assert not set(re.findall(r"\w+", text)) & {"None", "nan", "NaN", "inf"}
    width = None
    for line in text.splitlines():
        cells = len(re.split(r"(?<!\\)\|", line)) if line.startswith("|") else None
        assert width is None or cells in (None, width), line
        width = cells and (width or cells)


def test_a_dataset_with_a_report_alone_gets_a_recommendation_of_side_and_mask(tmp_path):
    folder = tmp_path / "synthetic"
    folder.mkdir()
    (folder / "report.json").write_bytes((REPOSITORY / "reports" / "synthetic" / "report.json").read_bytes())
    write_factors(tmp_path, "synthetic")
    content = FactorsReport.from_json(json.loads((folder / "factors.json").read_text()))
    assert {decision.decision: decision.choice is not None for decision in content.recommendation} == {
        "side": True, "mask": True, "max_len": False, "batching": False, "head": False,
    }  # fmt: skip
    assert factors_markdown(content) == (folder / "factors.md").read_text()


def test_advice_is_printed_from_the_summary(swept, make_params, capsys):
    reports = swept()
    write_factors(reports, "synthetic")
    advise(make_params(), reports=reports, dataset="")
    assert re.search(r"^max_len +0\.75 +1\.0 +−0\.1 \[−0\.1, −0\.1\] +0\.692 ", capsys.readouterr().out, re.MULTILINE)


def test_without_a_summary_one_sentence_names_the_sweeps(make_params, tmp_path, capsys):
    advise(make_params(), reports=tmp_path, dataset="mr")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("mr: no recommendation yet")
    assert "make sweep NAME=truncation DATASET=mr" in line


def test_an_unknown_dataset_ends_in_one_sentence(make_params, tmp_path):
    with pytest.raises(UserError, match=r"DATASET=mrr: no such dataset; did you mean 'mr'\?"):
        advise(make_params(), reports=tmp_path, dataset="mrr")


def test_a_broken_sweep_file_is_named(swept):
    reports = swept(planted.amount())
    path = reports / "synthetic" / "sweeps" / "amount.json"
    path.write_text("{")
    with pytest.raises(UserError, match=r"amount\.json: not valid JSON"):
        write_factors(reports, "synthetic")


def test_the_summary_does_not_import_tensorflow():
    code = "import sys, stages.sweeps.__main__; print({'tensorflow', 'keras'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert found.stdout.strip() == "set()"


def test_a_sweep_that_another_version_wrote_is_named_with_what_writes_it_anew(swept):
    reports = swept(planted.amount())
    path = reports / "synthetic" / "sweeps" / "amount.json"
    path.write_text(json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key != "rows"}))
    with pytest.raises(
        UserError, match=r"amount\.json: rows: .*; run `make sweep NAME=amount DATASET=synthetic` again"
    ):
        write_factors(reports, "synthetic")
