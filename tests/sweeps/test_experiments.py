"""Experiments run once, in clones of their own, and the user's workspace, queue and files stay as they are."""

import fcntl
import shutil
from pathlib import Path

import pytest

from stages.errors import UserError
from stages.runtime.workers.pool import duration
from stages.sweeps.run.experiments import OWN, run_missing, workers
from stages.sweeps.run.sandbox import frozen
from tests.pipelines import contents, run
from tests.sweeps import toy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    return toy.make(tmp_path_factory.mktemp("toy") / "project")


@pytest.fixture
def project(template, tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    for key, value in toy.environment(folder).items():
        monkeypatch.setenv(key, value)
    return folder


def words(found) -> list[str]:
    return [experiment.report.params["words"].strip() for experiment in found]


def go(project, sweep, dataset="synthetic", jobs=2):
    return run_missing(project, sweep, sweep.points(dataset), jobs)


def visible(project: Path) -> dict[str, bytes]:
    """The files of the user's, whatever git thinks of them."""
    return {name: text for name, text in contents(project).items() if not name.startswith((".git/", ".dvc/"))}


def test_every_point_is_an_experiment_once_and_the_workspace_stays(project, capsys):
    before = visible(project)
    sweep = toy.grid(5, "longest", 0.5)
    assert words(go(project, sweep)) == ["synthetic 5", "synthetic longest", "synthetic 0.5"]
    first, *lines = capsys.readouterr().out.splitlines()
    what = "toy: will run 3 experiments, 2 at a time: pad.max_len=5 … pad.max_len=0.5; "
    assert first.startswith(f"{what}about "), "by the forecast of `make check`"
    assert [" left" in line for line in lines] == [True, True, False]
    assert [line.split(":")[0] for line in lines] == ["toy 1/3", "toy 2/3", "toy 3/3"]
    assert {line.split(": ")[1].split(" (")[0] for line in lines} == {f"pad.max_len={x}" for x in (5, "longest", 0.5)}
    assert toy.started(project) == ["0.5", "5", "longest"]
    assert visible(project) == before
    assert run(project, "git", "status", "--porcelain").stdout == ""
    assert run(project, "git", "stash", "list").stdout == ""
    assert "No experiment tasks in the queue" in run(project, "dvc", "queue", "status").stdout
    shown = run(project, "dvc", "exp", "show", "--csv").stdout.splitlines()
    assert "letters" in shown[0]
    assert sum(line.startswith("toy-") for line in shown) == 3

    assert words(go(project, sweep)) == ["synthetic 5", "synthetic longest", "synthetic 0.5"]
    assert capsys.readouterr().out == "toy: 3 of 3 experiments are done already\n"
    assert len(toy.started(project)) == 3
    assert sorted(path.name for path in (project / OWN).iterdir()) == ["lock", "logs"]


def test_a_point_that_does_not_fit_is_named_before_anything_runs(project):
    sweep = toy.grid(5, 6, set={"train.seeds": 1000, "train.epochs": 100_000, "train.patience": 0})
    with pytest.raises(UserError, match=r"pad\.max_len=5: the run takes about .* more than 7 days are refused"):
        go(project, sweep)
    assert toy.started(project) == []


def test_what_is_not_committed_takes_part_and_decides_whether_to_run_again(project):
    sweep = toy.grid(5)
    go(project, sweep)
    module = project / "stages" / "analyze.py"
    before = module.read_text()
    module.write_text(before.replace("import os,", "from stages.new import NEW\nimport os,").replace("{raw}", "{NEW}"))
    (project / "stages" / "new.py").write_text("NEW = 'changed'\n")
    assert words(go(project, sweep)) == ["synthetic 5 changed"]
    assert len(toy.started(project)) == 2
    assert "?? stages/new.py" in run(project, "git", "status", "--porcelain").stdout
    module.write_text(before)
    assert words(go(project, sweep)) == ["synthetic 5"]
    report = project / "stages" / "report.py"
    report.write_text(report.read_text() + "# a caption\n")
    toy.params_with(
        project,
        execution={
            "workers": 7,
            "threads": 1,
            "fork_server": False,
            "engine": "local",
            "scheduler": "tcp://127.0.0.1:8786",
        },
    )
    run(project, "git", "commit", "-qam", "another commit")
    assert words(go(project, sweep)) == ["synthetic 5"]
    assert len(toy.started(project)) == 2


def test_an_input_file_is_read_and_belongs_to_the_identity(project):
    sweep = toy.grid(5)
    with pytest.raises(UserError, match=r"^data/raw/mr.csv: no such file, and every experiment of this sweep reads it"):
        go(project, sweep, "mr")
    (project / "data" / "raw" / "other.csv").write_text("not for this dataset")
    (project / "data" / "raw" / "mr.csv").write_text("text,label\na,1\n")
    assert words(go(project, sweep, "mr")) == ["mr 5 text,label\na,1"]
    (project / "data" / "raw" / "mr.csv").write_text("text,label\nb,1\n")
    assert words(go(project, sweep, "mr")) == ["mr 5 text,label\nb,1"]
    assert len(toy.started(project)) == 2
    assert run(project, "git", "status", "--porcelain").stdout == ""


def test_an_input_that_is_edited_while_the_sweep_begins_is_not_taken_for_the_one_before(project, monkeypatch):
    file = project / "data" / "raw" / "mr.csv"
    file.write_text("text,label\na,1\n")

    def frozen_late(*arguments):
        file.write_text("text,label\nb,1\n")
        return frozen(*arguments)

    monkeypatch.setattr("stages.sweeps.run.experiments.frozen", frozen_late)
    with pytest.raises(UserError, match=r"^toy: .* a file in data/raw was edited while the sweep began"):
        go(project, toy.grid(5), "mr")
    assert toy.started(project) == []


def test_a_failed_experiment_is_named_and_the_next_goes_on(project, capsys):
    sweep = toy.grid(13, 5)
    with pytest.raises(UserError) as failure:
        go(project, sweep, jobs=1)
    sentence = str(failure.value)
    assert sentence.startswith("toy: one experiment failed, so no report was written; run it again")
    assert "pad.max_len=13: analyze: error: pad.max_len: 13 brings bad luck (see .dvc/tmp/sweeps/logs/toy-" in sentence
    log = project / sentence.split("(see ")[1].rstrip(")")
    assert "brings bad luck" in log.read_text()
    assert "toy 1/2: pad.max_len=13 (" in capsys.readouterr().out
    assert toy.started(project) == ["13", "5"]
    with pytest.raises(UserError, match="one experiment failed"):
        go(project, sweep)
    assert toy.started(project) == ["13", "13", "5"]


def test_what_can_never_run_is_said_before_anything_runs(project):
    with pytest.raises(UserError, match=r"^sweeps/toy.yaml, pad.max_len=0: pad.max_len: 0 is not allowed"):
        go(project, toy.grid(5, 0))
    with pytest.raises(UserError, match=r"^sweeps/toy.yaml, pad.max_len=5: train: unknown key 'sedes'; did you mean"):
        go(project, toy.grid(5, set={"train.sedes": 3}))
    (project / OWN).mkdir(parents=True, exist_ok=True)
    with (project / OWN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another sweep runs in this folder"):
            go(project, toy.grid(5))
    shutil.rmtree(project / ".git")
    run(project, "git", "init", "-q")
    with pytest.raises(UserError, match="no repository with a commit yet; run `git init`"):
        go(project, toy.grid(5))
    assert toy.started(project) == []


@pytest.mark.parametrize(
    ("experiments", "jobs", "cores", "each"),
    [
        (4, 2, 2, [1, 1, 1, 1]),
        (3, 2, 2, [1, 1, 2]),
        (1, 1, 8, [8]),
        (5, 4, 8, [2, 2, 2, 2, 8]),
        (5, 3, 8, [2, 2, 2, 4, 4]),
        (3, 3, 2, [1, 1, 1]),
    ],
)
def test_the_cores_are_divided_among_the_experiments_of_a_round(experiments, jobs, cores, each):
    assert workers(experiments, jobs, cores) == each


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (72, "1 min 12 s"), (3600, "1 h 0 min"), (7499, "2 h 4 min")],
)
def test_durations_as_people_say_them(seconds, said):
    assert duration(seconds) == said


def test_what_changes_while_a_sweep_runs_belongs_to_the_next_one(project):
    (project / "data" / "raw" / "mr.csv").write_text("text,label\na,1\n")
    hold = toy.hold(project, 5)
    process = toy.begin(project, toy.grid(5, 6), "mr", jobs=1)
    toy.wait_until(lambda: toy.started(project) == ["5"], "the first experiment did not start")
    module = project / "stages" / "analyze.py"
    module.write_text(module.read_text().replace("{raw}", "{raw} changed"))
    (project / "data" / "raw" / "mr.csv").write_text("text,label\nb,1\n")
    hold.unlink()
    assert [params["words"] for _, params in toy.results(process)] == [
        "mr 5 text,label\na,1\n",
        "mr 6 text,label\na,1\n",
    ]
    assert words(go(project, toy.grid(5), "mr")) == ["mr 5 text,label\nb,1\n changed"]
