"""The stage as a whole: its files, their form, and that it says the same twice."""

import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache

import pytest

from stages.errors import UserError
from stages.report import report
from stages.reporting.figures.registry import FIGURES
from stages.reporting.format import format_percent, format_ratio, format_ratio_interval
from stages.runtime.files import json_text
from tests.conftest import REPOSITORY
from tests.pipelines import contents
from tests.reporting.analyses import EXACT, LEAK, NOTHING, SMALL, analysis

FILES = {
    "report.md",
    "report.html",
    "report.json",
    "metrics.json",
    *(f"figures/{name}.svg" for name in FIGURES),
    "plots/drift.json",
    "plots/accuracy.json",
    "plots/learning.json",
    "plots/flips.json",
}

TEMPLATES = {
    "drift": ("padding_band", "pads", "estimate"),
    "flips": ("padding_band", "pads", "estimate"),
    "accuracy": ("seeds", "cell", "accuracy"),
    "learning": ("learning", "epoch", "val_accuracy"),
}
"""Template, x and y of every plot in dvc.yaml."""


@pytest.fixture(scope="module")
def write_report(tmp_path_factory, make_params):
    """Write the report of an analysis made by hand; the folder that holds it."""

    def in_folder(changes=None, *, folder=None, **outcome):
        params = make_params({"execution.workers": 1} | (changes or {}))
        outcome.setdefault("drift", LEAK)
        source = tmp_path_factory.mktemp("analysis")
        analysis(params, served_otherwise=True, **outcome).write(source)
        folder = folder or tmp_path_factory.mktemp("report") / "reports"
        report(params, analysis=source, reports=folder)
        return folder

    return in_folder


@pytest.fixture(scope="module")
def written(write_report):
    """The folder with the report of an outcome: written once, to be read alone."""

    @cache
    def of(outcome):
        changes, figures = OUTCOMES[outcome]
        return write_report(changes, **figures)

    return lambda outcome="leak": of(outcome)


OUTCOMES = {
    "leak": ({}, {"drift": LEAK}),
    "no leak": ({}, {"drift": SMALL, "flips": EXACT}),
    "nothing moves": ({}, {"drift": EXACT}),
    "at chance": ({}, {"drift": NOTHING, "flips": NOTHING, "learned": False}),
    "nobody learns": ({}, {"drift": NOTHING, "flips": NOTHING, "masked_drift": NOTHING, "learned": False}),
    "one seed": ({"train.seeds": 1}, {"gain": {**NOTHING, "estimate": 0.04}}),
    "one side": ({"pad.sides": ["post"]}, {}),
    "no baseline": ({"train.variants": ["masked", "double_mask"]}, {}),
    "baseline alone": ({"train.variants": ["baseline"]}, {}),
    "seven classes": ({"dataset": "snips"}, {"classes": 7, "truth": False}),
    "many classes": ({"dataset": "banking77"}, {"classes": 20, "truth": False}),
    "one number of pads": ({"export.pads": [0, 4], "report.pads": 4}, {}),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_written_whole_and_in_form(outcome, written):
    folder = written(outcome)
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == FILES
    for path in folder.rglob("*.json"):
        text = path.read_text()
        value = json.loads(text)
        indented = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert text == (json_text(value) if path.name == "report.json" else indented)
        assert all(number == float(f"{number:.4g}") for number in floats(value)), path
    for path in folder.rglob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")
        assert "<dc:date>" not in path.read_text()
    words = set(re.findall(r"\w+", (folder / "report.md").read_text()))
    assert not words & {"None", "nan", "NaN", "inf", "Infinity"}


def floats(value):
    if isinstance(value, dict):
        return [number for item in value.values() for number in floats(item)]
    if isinstance(value, list):
        return [number for item in value for number in floats(item)]
    return [value] if isinstance(value, float) and math.isfinite(value) else []


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_table_has_as_many_cells_in_each_row_as_in_its_header(outcome, written):
    lines = (written(outcome) / "report.md").read_text().splitlines()
    width = None
    for line in lines:
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.split(r"(?<!\\)\|", line))
        width = width or cells
        assert cells == width, line


def test_two_runs_with_other_numbers_of_workers_write_the_same_bytes(written, write_report):
    again = write_report({"execution.workers": 7})
    for name in FILES:
        assert (written() / name).read_bytes() == (again / name).read_bytes()


def test_the_order_of_hashes_changes_nothing(written, tmp_path, make_params):
    """What another process writes, whose hashes are others, from the same analysis."""
    analysis(make_params(), drift=LEAK, served_otherwise=True).write(tmp_path / "analysis")
    command = [
        sys.executable,
        "-m",
        "stages.report",
        "--analysis",
        tmp_path / "analysis",
        "--reports",
        tmp_path / "reports",
    ]
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY, env=environment)
    for name in FILES:
        assert (tmp_path / "reports" / name).read_bytes() == (written() / name).read_bytes()
        assert str(tmp_path) not in (tmp_path / "reports" / name).read_text()


@pytest.fixture
def _figures_drawn_before(written, monkeypatch):
    """Drawing them takes most of the time of a report."""
    figures = written() / "figures"
    monkeypatch.setattr("stages.report.svg", lambda name, *_: (figures / f"{name}.svg").read_text())


@pytest.mark.usefixtures("_figures_drawn_before")
def test_other_files_in_the_folder_survive(write_report, tmp_path):
    for name in ("sweep.md", "figures/sweep.svg", "plots/mine.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    folder = write_report(folder=tmp_path)
    assert (folder / "sweep.md").read_text() == "mine"
    assert (folder / "figures" / "sweep.svg").read_text() == "mine"
    assert (folder / "plots" / "mine.json").read_text() == "mine"


def test_every_figure_and_heading_that_the_document_links_to_exists(written):
    folder = written()
    document = (folder / "report.md").read_text()
    targets = re.findall(r"\]\(([^)]+)\)", document)
    assert {"figures/drift.svg", "figures/accuracy.svg", "figures/flips.svg"} <= set(targets)
    headings = {
        "#" + re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", document, re.MULTILINE)
    }
    for target in targets:
        assert target in headings or (folder / target).exists(), target


def test_the_headline_numbers_are_those_of_report_json_and_metrics_json(written):
    folder = written()
    content = json.loads((folder / "report.json").read_text())
    metrics = json.loads((folder / "metrics.json").read_text())
    row = next(
        line for line in (folder / "report.md").read_text().splitlines() if line.startswith("| post | `baseline` |")
    )
    drift = next(
        each
        for each in content["verdicts"]
        if (each["side"], each["variant"], each["estimand"]) == ("post", "baseline", "drift_ratio")
        and each["pads"] == content["params"]["report"]["pads"]
        and each["state"] == "head"
    )
    cells = {each["variant"]: each for each in content["cells"] if each["side"] == "post"}
    cell = cells["baseline"]
    assert f"{format_ratio(drift['estimate'])} {format_ratio_interval(drift['low'], drift['high'])}" in row
    assert format_percent(cell["accuracy"]["mean"]) in row
    assert format_percent(cell["padding_share_computed"]) in row
    family = {(each["question"], each["side"]): each["estimate"] for each in content["family"]}
    assert metrics["post"] == {
        "baseline": cell["accuracy"]["mean"],
        "masked": cells["masked"]["accuracy"]["mean"],
        "flips": max(
            under["against_training"]["flip_rate"]["estimate"]
            for under in [cell["alone"], *(each for each in cell["conditions"] if each["pads"] is not None)]
        ),
        "leak": family["leak", "post"],
        "gain": family["accuracy", "post"],
        "serving": family["serving", "post"],
    }


def test_metrics_leave_out_what_is_undefined(written):
    folder = written("at chance")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert set(metrics["pre"]) == {"baseline", "masked", "gain"}


def test_the_contract_of_report_json(written):
    content = json.loads((written() / "report.json").read_text())
    contract = {"schema", "dataset", "params", "family", "verdicts", "claims", "questions", "cells", "provenance"}
    assert set(content) == contract | {"similarity", "cost", "law", "lengths", "units", "bag_of_words"}
    assert content["schema"] == 2
    judged = [(record["question"], record["side"]) for record in content["family"]]
    assert judged == [(question, side) for side in ("pre", "post") for question in ("leak", "accuracy", "serving")]
    contract = {"question", "side", "variant", "estimand", "pads", "estimate", "low", "high", "level", "epsilon"}
    contract |= {"verdict", "n_texts", "n_seeds", "method"}
    assert all(contract <= set(record) for record in content["verdicts"])
    assert all(set(record) == {"id", "claim", "stand", "figure", "depends_on"} for record in content["claims"])
    assert all(set(record) == {"id", "question", "answer"} for record in content["questions"])
    assert set(content["params"]["datasets"]) == {"synthetic"}
    assert "execution" not in content["params"]
    assert set(content["provenance"]["versions"]) == {"keras", "numpy", "python", "tensorflow"}


@pytest.mark.parametrize("plot", TEMPLATES)
def test_every_plot_has_the_fields_that_its_template_names(plot, written):
    template, x, y = TEMPLATES[plot]
    records = json.loads((written() / "plots" / f"{plot}.json").read_text())
    text = (REPOSITORY / ".dvc" / "plots" / f"{template}.json").read_text()
    fields = set(re.findall(r'"field": "(?!<DVC)(\w+)"', text)) - {"rev"}
    assert {"<DVC_METRIC_DATA>", "<DVC_METRIC_X>", "<DVC_METRIC_Y>"} <= set(re.findall(r"<\w+>", text))
    assert records
    for record in records:
        assert fields | {x, y} <= set(record)
        assert isinstance(record[y], float)


@pytest.mark.parametrize("name", ("padding_band", "seeds", "learning"))
def test_dvc_fills_every_anchor_of_a_template(name):
    vega = pytest.importorskip("dvc_render.vega")
    x, y = next((x, y) for template, x, y in TEMPLATES.values() if template == name)
    points = [{x: 1, y: 0.5, "rev": "workspace"}]
    renderer = vega.VegaRenderer(
        points, "plot", template=name, template_dir=str(REPOSITORY / ".dvc" / "plots"), x=x, y=y
    )
    filled = renderer.get_filled_template()
    assert "<DVC" not in json.dumps(filled)
    assert filled["data"]["values"] == points


def test_a_missing_analysis_ends_in_a_sentence(tmp_path, make_params):
    with pytest.raises(UserError, match=r"dataset\.json: no such file; run `dvc repro`"):
        report(make_params(), analysis=tmp_path, reports=tmp_path / "reports")


@pytest.mark.usefixtures("_figures_drawn_before")
def test_a_failure_leaves_the_old_report_as_it_was(write_report, monkeypatch, tmp_path):
    folder = write_report(folder=tmp_path)
    before = contents(folder)

    def fails(*_):
        raise ValueError("this cannot be drawn")

    monkeypatch.setattr("stages.report.report_html", fails)
    with pytest.raises(ValueError, match="cannot be drawn"):
        write_report({"pad.sides": ["post"]}, folder=folder)
    assert contents(folder) == before


def test_the_analysis_of_another_dataset_is_refused(make_params, tmp_path):
    analysis(make_params(), drift=LEAK).write(tmp_path / "analysis")
    with pytest.raises(
        UserError, match=r"analyzed were the texts of synthetic, and `dataset` in params.yaml is mr; run"
    ):
        report(make_params({"dataset": "mr"}), analysis=tmp_path / "analysis", reports=tmp_path)
