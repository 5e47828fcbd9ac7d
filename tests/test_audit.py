"""Models of the user's own in params.yaml: the stage `audit`, `make audit` and the gate, as a user runs them."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from stages.audit import audit
from stages.errors import UserError
from stages.padding_audit.__main__ import main
from stages.reporting.gate import leaks
from tests.conftest import REPOSITORY
from tests.pipelines import change_params, commit, copy_project, run, stages_run

pytestmark = pytest.mark.slow

TABLE = {"leaky": {"file": "model.keras"}, "masked": {"file": "the model.keras", "pads": [1, 4]}}
LAYER = """
import keras

@keras.saving.register_keras_serializable("hers")
class Twice(keras.layers.Layer):
    supports_masking = True

    def call(self, x):
        return 2 * x
"""

MAKE_SAYS = ("make: ***", "make[1]: ***")
"""Alone, and below `make test`."""


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """Untrained models: `leaky.keras` without a mask, `masked.keras`, and `own.keras` with a layer of the user's."""
    from stages.models.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()
    import keras

    names: dict[str, object] = {}
    exec(LAYER, names)
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(1)
    for name, mask, own in (("leaky", False, []), ("masked", True, []), ("own", True, [names["Twice"]()])):
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        x = keras.layers.Embedding(30, 4, mask_zero=mask)(tokens)
        for layer in own:
            x = layer(x)
        x = keras.layers.LSTM(5, name="lstm")(x)
        keras.Model(tokens, keras.layers.Dense(2, activation="softmax")(x)).save(folder / f"{name}.keras")
    return folder


@pytest.fixture(scope="module")
def audited(models, tmp_path_factory) -> Path:
    """A repository with two models that DVC tracks, audited and committed; for reading alone."""
    folder = tmp_path_factory.mktemp("audited") / "project"
    copy_project(folder, {"audit": TABLE, "gate.invariant": [], "gate.models": ["masked"]})
    for name in (".gitignore", "README.md"):
        (folder / "models").mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / "models" / name, folder / "models" / name)
    for name, entry in TABLE.items():
        (folder / "models" / name).mkdir()
        shutil.copy(models / f"{name}.keras", folder / "models" / name / str(entry["file"]))
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "dvc", "add", *(f"models/{name}/{entry['file']}" for name, entry in TABLE.items()))
    assert set(stages_run(run(folder, "dvc", "repro", "audit").stdout)) == {"audit@leaky", "audit@masked"}
    commit(folder)
    return folder


@pytest.fixture
def project(audited, tmp_path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(audited, tmp_path / "project", symlinks=True)


def outdated(project: Path) -> set[str]:
    """The stages of audits that DVC would run."""
    return set(json.loads(run(project, "dvc", "status", "--json", "audit").stdout))


def test_the_reports_say_which_model_leaks(audited):
    said = {name: json.loads((audited / "reports" / "models" / name / "report.json").read_text()) for name in TABLE}
    verdicts = {
        name: {side: finding["verdict"] for side, finding in one["sides"].items()} for name, one in said.items()
    }
    assert verdicts["leaky"] == {"pre": "LEAKS", "post": "LEAKS"}
    assert set(verdicts["masked"].values()) <= {"PROVEN", "EXACT"}
    assert {row["pads"] for row in said["masked"]["outputs"] if row["condition"] == "pads"} == {1, 4}
    assert {name: one["params"] for name, one in said.items()} == TABLE
    page = (audited / "reports" / "models" / "leaky" / "report.md").read_text()
    assert said["leaky"]["sentence"] in page
    assert "lstm" in (audited / "reports" / "models" / "leaky" / "report.html").read_text()


def test_git_tracks_reports_and_pointers_and_no_model(audited):
    tracked = set(run(audited, "git", "ls-files", "models", "reports/models").stdout.splitlines())
    reports = {f"reports/models/{name}/report.{kind}" for name in TABLE for kind in ("md", "html", "json")}
    pointers = {"models/leaky/model.keras.dvc", "models/masked/the model.keras.dvc"}
    assert tracked == reports | pointers | {"models/.gitignore", "models/README.md"}


def test_nothing_changed_runs_nothing(audited):
    assert outdated(audited) == set()


def test_an_entry_or_a_file_runs_the_audit_of_its_model_alone(project):
    change_params(project, {"audit.leaky.pads": [2]})
    assert outdated(project) == {"audit@leaky"}
    change_params(project, {"audit": TABLE})
    assert outdated(project) == set()
    (project / "models" / "masked" / "layers.py").write_text("")
    assert outdated(project) == {"audit@masked"}


def test_another_model_under_the_same_name_is_audited(project, models):
    path = project / "models" / "leaky" / "model.keras"
    path.unlink()  # a link into DVC's cache
    shutil.copy(models / "masked.keras", path)
    run(project, "dvc", "add", "models/leaky/model.keras")
    assert outdated(project) == {"audit@leaky"}


def test_who_pulls_audits_nothing_again(audited, tmp_path):
    run(tmp_path, "git", "clone", "-q", str(audited), "theirs")
    theirs = tmp_path / "theirs"
    assert not (theirs / "models" / "leaky" / "model.keras").exists()
    run(theirs, "dvc", "cache", "dir", "--local", str(audited / ".dvc" / "cache"))
    run(theirs, "dvc", "checkout", "--recursive", "models")
    assert (theirs / "models" / "leaky" / "model.keras").exists()
    assert outdated(theirs) == set()


def test_an_empty_table_leaves_no_audit_to_run(project):
    change_params(project, {"audit": {}, "gate.invariant": ["masked"], "gate.models": []})
    names = run(project, "dvc", "stage", "list", "--name-only").stdout.split()
    assert "report" in names
    assert not [name for name in names if name.startswith("audit")]


def test_the_gate_passes_an_exact_model_and_fails_a_leaking_one(project):
    gate = (sys.executable, "-m", "stages.reporting.gate", "--reports", "reports")
    assert run(project, *gate).stdout == "gate: passed, `masked`: padding leaks on no audited side\n"
    change_params(project, {"gate.models": ["masked", "leaky"]})
    failed = run(project, *gate, check=False)
    assert failed.returncode == 1
    lines = failed.stderr.splitlines()
    assert [line.partition(", an output")[0] for line in lines[:-1]] == [
        f"gate: `leaky` ({side}): LEAKS from layer `lstm` on (no_mask)" for side in ("pre", "post")
    ]
    assert lines[-1] == "gate: failed, 1 of 2 models leaks; see reports/models/leaky/report.md"


def test_the_gate_and_the_audit_call_the_same_verdicts_a_leak():
    from stages.padding_audit.result import Verdict

    failing = {verdict for verdict in Verdict if leaks("m", {"pre": finding(verdict)})}
    assert failing == {Verdict.LEAKS, Verdict.UNDEFINED}


def finding(verdict: str) -> dict[str, object]:
    return {"verdict": verdict, "largest_change": 0.5, "first_leak": None, "output": None}


@pytest.mark.usefixtures("models", "nothing_registered")
def test_data_and_layers_of_the_users_own_lie_in_the_folder_of_the_model(models, tmp_path, make_params, capsys):
    import numpy as np

    files = tmp_path / "own"
    files.mkdir()
    shutil.copy(models / "own.keras", files / "model.keras")
    (files / "layers.py").write_text(LAYER)
    np.save(files / "rows.npy", np.array([[3, 4, 5, 0], [6, 7, 0, 0], [8, 9, 10, 11]]))
    entry = {"file": "model.keras", "data": "rows.npy", "import": ["layers.py"], "sides": ["post"]}
    audit(make_params({"audit": {"own": entry}}), model="own", files=files, reports=tmp_path / "reports")
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert (report["data"], report["texts"], list(report["sides"])) == ("rows.npy", 3, ["post"])
    assert report["params"] == entry
    assert str(tmp_path / "reports" / "report.md") in capsys.readouterr().out


@pytest.mark.usefixtures("models", "nothing_registered")
def test_a_mistake_is_one_sentence_that_names_the_entry_and_the_file(models, tmp_path, make_params):
    files = tmp_path / "own"
    files.mkdir()
    shutil.copy(models / "own.keras", files / "model.keras")
    params = make_params({"audit": {"own": {"file": "model.keras"}, "gone": {"file": "gone.keras"}}})
    with pytest.raises(UserError, match=r"^audit\.own: .*model\.keras: .*Twice.*import"):
        audit(params, model="own", files=files, reports=tmp_path / "reports")
    with pytest.raises(UserError, match=r"^audit\.gone: .*gone\.keras: no such file"):
        audit(params, model="gone", files=files, reports=tmp_path / "reports")
    with pytest.raises(UserError, match=r"^params\.yaml: the table `audit` has no entry `other`"):
        audit(params, model="other", files=files, reports=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a space in its name, the Makefile and this Python in place of what `make setup` makes."""
    folder = tmp_path_factory.mktemp("a project")
    shutil.copytree(REPOSITORY / "stages" / "padding_audit", folder / "stages" / "padding_audit")
    shutil.copy(REPOSITORY / "Makefile", folder)
    (folder / "requirements.txt").touch()
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (folder / ".venv" / ".ready").touch()
    return folder


def beside_the_page(result) -> list[str]:
    """What was said, but for what make says."""
    return [line for line in result.stderr.splitlines() if not line.startswith(MAKE_SAYS)]


def test_make_audit_prints_the_page_and_fails_where_padding_leaks(made, models):
    """Make ends with 2 where the command ends with 1, and says so; nothing else stands beside the page."""
    model = Path(shutil.copy(models / "leaky.keras", made / "her leaky, 'v1'.keras"))
    words = (f"MODEL={model.name}", "SIDES=pre post", "PADS=1 2", "PAD_VALUE=7", "OUTPUT=sevens")
    result = run(made, "make", "audit", *words, check=False)
    assert result.returncode == 2, result.stderr
    assert [item["pad_value"] for item in json.loads((made / "sevens" / "report.json").read_text())["inputs"]] == [7]
    assert "leak from layer `lstm` on" in result.stdout
    assert beside_the_page(result) == []
    assert "Error 1" in result.stderr


def test_make_audit_takes_data_writes_where_it_is_told_and_passes_where_nothing_leaks(
    made, models, monkeypatch, capsys
):
    """What make starts is kept, and started here, as TensorFlow starts slowly."""
    import numpy as np

    shutil.copy(models / "masked.keras", made / "model.keras")
    np.save(made / "my rows.npy", np.array([[3, 4, 5, 0], [6, 7, 0, 0]]))
    words = ("MODEL=model.keras", "DATA=my rows.npy", "OUTPUT=the page", "SIDES=pre post", "PADS=1 2")
    python = made / ".venv" / "bin" / "python"
    before = python.read_text()
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    try:
        result = run(made, "make", "--no-print-directory", "audit", *words)
    finally:
        python.write_text(before)
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    module, *given = lines[lines.index("-m") + 1 :]
    assert module == "stages.padding_audit"
    monkeypatch.chdir(made)
    assert main(given) == 0
    page, complaint = capsys.readouterr()
    assert "leak from layer" not in page
    assert complaint == ""
    report = json.loads((made / "the page" / "report.json").read_text())
    assert (report["data"], report["texts"], list(report["sides"])) == ("my rows.npy", 2, ["pre", "post"])
    assert {row["pads"] for row in report["outputs"] if row["condition"] == "pads"} == {1, 2}


@pytest.mark.parametrize(("words", "sentence"), [((), "name a model"), (("MODEL=no such.keras",), "no such file")])
def test_make_audit_says_a_mistake_in_one_sentence(made, words, sentence):
    result = run(made, "make", "audit", *words, check=False)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert len([line for line in result.stderr.splitlines() if not line.startswith(MAKE_SAYS)]) <= 1
