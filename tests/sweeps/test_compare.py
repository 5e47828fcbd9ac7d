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
    # Fourteen seeds, 1 and 3 points in turn: mean 2, standard error 1.0377/√14, t quantile of 13 degrees 2.160.
    assert row_of(text, "post", "accuracy of `baseline`")[-1] == "+2.0 [+1.4, +2.6]"
    assert row_of(text, "pre", "accuracy of `baseline`")[-1] == "0 in every seed"
    assert "DIFFERENT" in row_of(text, "post", "readout drift")[2]


def test_of_experiments_of_one_name_that_of_the_commit_at_hand_counts_else_the_latest(commit, monkeypatch):
    def of(year, on, max_len):
        """Commit `again`, made in this year on a commit whose hash begins like this; what a comparison says of it."""

        def change(report):
            report["params"]["pad"]["max_len"] = max_len

        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{year}-01-01T00:00:00Z")
        project = commit("again", change)
        git(project, "update-ref", f"refs/exps/{on}/again", "HEAD")
        git(project, "update-ref", "-d", "refs/exps/12/34/again")
        return project, comparison(project, "synthetic", ("plain", "again"))

    commit("plain", lambda report: None)
    assert "0.95 → longest" in of(2020, "bb/bb", "longest")[1]
    assert "0.95 → 7" in of(2022, "cc/cc", 7)[1]
    project, text = of(2021, "aa/aa", 5)
    assert "0.95 → 7" in text, "the latest, and not the first by the hash it was made on"
    head = git(project, "rev-parse", "HEAD").strip()
    git(project, "update-ref", f"refs/exps/{head[:2]}/{head[2:]}/again", "HEAD")
    assert "0.95 → 5" in comparison(project, "synthetic", ("plain", "again"))


def test_other_code_and_other_texts_are_said(commit):
    def other(report):
        report["provenance"]["code"] = "0" * 16
        report["dataset"]["corpus"]["splits"]["test"]["texts"] += 1

    commit("as-it-was", lambda report: None)
    text = comparison(commit("other", other), "synthetic", ("as-it-was", "other"))
    assert "Different code computed the two. Their texts differ" in text


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


def test_a_report_with_a_conflict_in_it_is_named(commit):
    project = commit("there", lambda report: None)
    (project / PATH).write_text("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n")
    git(project, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qam", "a conflict")
    with pytest.raises(UserError, match=f"HEAD: it holds no {PATH} that this version reads"):
        comparison(project, "synthetic", ("HEAD", "there"))
