"""The committed reports: each page is what its report.json says."""

import json

import pytest

from stages.analysis.contract import Report, from_json
from stages.reporting.documents import report_html, report_markdown
from stages.reporting.figures.registry import FIGURES
from stages.reporting.report_json import in_order_of_params, shown_params
from stages.reporting.results import Results
from tests.conftest import committed, committed_files
from tests.reporting.analyses import anew


def committed_reports():
    """The folders of reports/ whose report.json is tracked."""
    return [path.removesuffix("/report.json") for path in committed_files("reports/*/report.json")]


@pytest.mark.parametrize("folder", committed_reports())
def test_a_committed_report_renders_to_its_pages(folder):
    results = Results(from_json(Report, json.loads(committed(f"{folder}/report.json"))))
    assert report_markdown(results) == committed(f"{folder}/report.md")
    figures = {name: committed(f"{folder}/figures/{name}.svg") for name in FIGURES}
    assert report_html(results, figures) == committed(f"{folder}/report.html")


@pytest.mark.parametrize("folder", committed_reports())
def test_the_sentences_of_a_committed_report_follow_from_its_figures(folder):
    results = Results(from_json(Report, json.loads(committed(f"{folder}/report.json"))))
    assert anew(results) == results


def test_params_are_shown_in_the_order_of_the_schema(make_params):
    params = make_params({"pad.max_len": 31})
    shown = shown_params(params)
    as_in_json = json.loads(json.dumps(shown, sort_keys=True))
    assert list(as_in_json) != list(shown)
    assert json.dumps(in_order_of_params(as_in_json)) == json.dumps(shown)


def test_params_that_the_schema_lacks_are_shown_last(make_params):
    shown = shown_params(make_params())
    train = {"zeal": 1, "age": 2} | shown["train"]
    variants = {"z": {"units": 8, "mask": "none"}, "wide": {"mask": "none", "units": 64}} | shown["variants"]
    ordered = in_order_of_params({"older": 1} | shown | {"train": train, "variants": variants})
    assert list(ordered)[-1] == "older"
    assert list(ordered["train"])[-2:] == ["age", "zeal"]
    assert list(ordered["variants"]) == [
        *("baseline", "masked", "double_mask", "zeroed_row", "explicit"),
        *("zero_row", "trained_start", "length", "masked_length", "random_pads"),
        *("gru", "wide", "z", "attention", "cnn", "cnn_masked"),
    ]
    assert list(ordered["variants"]["z"]) == ["mask", "units"]
