"""Two runs side by side, from the reports that their commits hold."""

import json

import pytest

from stages.errors import UserError
from stages.sweeps.compare import comparison
from stages.sweeps.run.git import git
from tests.conftest import committed

PATH = "reports/synthetic/report.json"


@pytest.fixture
def commit(tmp_path):
    """Commit the committed report, changed, as a DVC experiment of this name."""
    git(tmp_path, "init", "-q")

    def made(name, change):
        report = json.loads(committed(PATH))
        change(report)
        (tmp_path / PATH).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / PATH).write_text(json.dumps(report))
        git(tmp_path, "add", "-A")
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        git(tmp_path, *identity, "commit", "-q", "--allow-empty", "-m", name)
        git(tmp_path, "update-ref", f"refs/exps/12/34/{name}", "HEAD")
        return tmp_path

    return made


def wider(report):
    """Another width of rows; the baseline gains 1 and 3 points in turn with post-padding."""
    report["params"]["pad"]["max_len"] = "longest"
    for cell in report["cells"]:
        if (cell["side"], cell["variant"]) == ("post", "baseline"):
            for number, seed in enumerate(cell["seeds"]):
                seed["accuracy"]["estimate"] += 0.01 if number % 2 else 0.03


def row_of(text, side, what):
    (row,) = [line for line in text.splitlines() if line.startswith(f"| {side} | {what}")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_params_that_differ_and_differences_paired_by_seed(commit):
    commit("as-it-was", lambda report: None)
    text = comparison(commit("wider", wider), "synthetic", ("as-it-was", "wider"))
    assert text.startswith("**synthetic**: `pad.max_len` 0.95 → longest.\n")
    # Twelve seeds, 1 and 3 points in turn: mean 2, standard error 1.0445/√12, t quantile of 11 degrees 2.201.
    assert row_of(text, "post", "accuracy of `baseline`")[-1] == "+2.0 [+1.3, +2.7]"
    assert row_of(text, "pre", "accuracy of `baseline`")[-1] == "0 in every seed"
    assert "DIFFERENT" in row_of(text, "post", "readout drift")[2]


def test_other_code_and_other_texts_are_said(commit):
    def other(report):
        report["provenance"]["code"] = "0" * 16
        report["dataset"]["corpus"]["splits"]["test"]["texts"] += 1

    commit("as-it-was", lambda report: None)
    text = comparison(commit("other", other), "synthetic", ("as-it-was", "other"))
    assert "Different code computed the two. Their texts differ" in text


def test_of_two_experiments_of_one_name_the_latest_is_compared(commit, tmp_path, monkeypatch):
    commit("as-it-was", lambda report: None)
    commit("mine", lambda report: None)
    git(tmp_path, "update-ref", "refs/exps/00/00/mine", "HEAD")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2050-01-01T00:00:00")
    assert "0.95 → longest" in comparison(commit("mine", wider), "synthetic", ("as-it-was", "mine"))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("HEAD", "nowhere"), "nowhere: neither an experiment nor a revision of git; experiments: there"),
        (("HEAD", "HEAD"), "HEAD: it holds no reports/mr/report.json .*; commit that report, or name a run or a"),
    ],
)
def test_a_run_that_is_not_there_is_named(commit, names, sentence):
    with pytest.raises(UserError, match=sentence):
        comparison(commit("there", lambda report: None), "synthetic" if "nowhere" in names else "mr", names)
