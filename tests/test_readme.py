"""The README's figures are the committed report's, and it names what exists."""

import re

import pytest
from ruamel.yaml import YAML

from stages.params.schema import checked_params
from tests.conftest import REPOSITORY, committed

ANSWER = re.compile(r"<!-- answer: .*? -->\n(.*?)<!-- /answer -->", flags=re.DOTALL)
FIGURE = re.compile(r"\d+\.\d+|\.\d+\b|\d+(?:\.\d+)? %|\d+e-\d+|\d+ (?:of|in) \d+")
DEFINED = {"3.11", "3.13", "2.0", "0.01", "1 %", "1e-6", "90 %", "95 %", ".95"}
"""What the README says of Pythons, its license, bounds and intervals: nothing that was measured."""


def test_the_answer_is_the_committed_reports():
    (answer,) = ANSWER.findall(committed("README.md"))
    assert [line[:3] for line in answer.strip().splitlines()] == ["1. ", "2. ", "3. "]
    assert answer.strip() in committed("reports/synthetic/report.md")


def test_outside_of_the_answer_no_figure_is_a_result():
    prose = ANSWER.sub("", (REPOSITORY / "README.md").read_text())
    found = {figure for line in prose.splitlines() for figure in FIGURE.findall(line)}
    assert found <= DEFINED, sorted(found - DEFINED)


def test_files_that_the_readme_links_to_exist():
    readme = (REPOSITORY / "README.md").read_text()
    links = re.findall(r"\]\(([^)#]+)\)", readme)
    assert links
    assert all((REPOSITORY / link).exists() for link in links if not link.startswith("http"))


def test_knobs_that_the_readme_names_exist(params_content):
    readme = (REPOSITORY / "README.md").read_text()
    names = [name for name in re.findall(r"`(\w+\.[\w.]+)`", readme) if not name.endswith((".md", ".html", ".json"))]
    sections = {name.split(".")[0]: name.split(".")[1:] for name in names if name.split(".")[0] in params_content}
    assert len(sections) >= 6
    for name in names:
        section, *keys = name.split(".")
        if section in params_content and section != "variants":
            value = params_content[section]
            for key in keys:
                assert key in value, name
                value = value[key]


@pytest.mark.parametrize("page", ["README.md", "models/README.md"])
def test_an_audited_model_that_a_page_shows_may_stand_in_params_yaml(page, params_content):
    blocks = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / page).read_text(), flags=re.DOTALL)
    (table,) = [block for block in blocks if block.startswith("audit:")]
    params = checked_params(params_content | YAML(typ="safe").load(table), page)
    assert params.audit["sentiment"].file == "model.keras"
