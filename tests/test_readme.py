"""The README's figures are the committed report's."""

import re

from tests.conftest import REPOSITORY


def test_the_answer_is_the_committed_reports():
    readme = (REPOSITORY / "README.md").read_text()
    report = (REPOSITORY / "reports" / "synthetic" / "report.md").read_text()
    (answer,) = re.findall(r"<!-- answer: .*? -->\n(.*?)<!-- /answer -->", readme, flags=re.DOTALL)
    assert answer.count("\n|") >= 7
    assert answer.strip() in report


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
