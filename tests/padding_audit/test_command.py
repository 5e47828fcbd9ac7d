"""The command: its page, its exit codes, the files that it writes, and the package that provides it."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit.__main__ import main
from stages.padding_audit.files import write_whole
from tests.conftest import REPOSITORY


def tagger(width=None, mask=True):
    parts = [layers.Embedding(9, 2, mask_zero=mask), layers.LSTM(2), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential([keras.Input((width,), dtype="int32", name="tokens"), *parts], name="model")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    keras.utils.set_random_seed(1)
    tagger().save(folder / "exact.keras")
    tagger(mask=False).save(folder / "leaks.keras")
    series, size = keras.Input((None, 2), name="series"), keras.Input((1,), name="size")
    hidden = layers.LSTM(2)(layers.Masking(-1.0)(series))
    keras.Model([series, size], layers.Dense(1)(layers.Concatenate()([hidden, size]))).save(folder / "series.keras")
    keras.Sequential([keras.Input((4,)), layers.Dense(1)], name="dense").save(folder / "dense.keras")
    (folder / "notes.keras").write_text("no model")
    np.save(folder / "rows.npy", [[3, 4, 0], [5, 0, 0]])
    np.save(folder / "wide.npy", np.ones((2, 3, 7)))
    np.savez(folder / "labelled.npz", tokens=[[3, 4, 0], [5, 0, 0]], labels=[1, 0])
    return folder


@pytest.fixture
def run(folder, capsys):
    """Run the command in the folder of models: its exit code, what it printed, what it complained of."""

    def command(*words):
        given = [str(folder / word) if (folder / word).is_file() else word for word in words]
        code = main(given)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def test_a_model_that_is_exact_ends_in_0(run):
    code, page, complaint = run("exact.keras")
    assert code == 0
    assert "exact" in page
    assert len(page.splitlines()) <= 40
    assert complaint == ""


def test_a_model_that_leaks_ends_in_1(run):
    code, page, _ = run("leaks.keras", "--pads", "2", "3")
    assert code == 1
    assert "`lstm" in page


def test_the_page_is_written_as_three_files(run, tmp_path):
    code, _, _ = run("exact.keras", "--data", "labelled.npz", "--output", str(tmp_path / "new" / "reports"))
    report = json.loads((tmp_path / "new" / "reports" / "report.json").read_text())
    assert code == 0
    assert report["schema"] == 1
    assert (report["model"]["file"], report["model"]["format"], report["data"]) == (
        "exact.keras",
        "keras",
        "labelled.npz",
    )
    assert {row["texts"] for row in report["outputs"]} == {2}
    assert all(row["accuracy"] is not None for row in report["outputs"])
    assert {path.name for path in (tmp_path / "new" / "reports").iterdir()} == {
        "report.json",
        "report.md",
        "report.html",
    }


def test_sides_and_pads_are_those_that_are_asked_for(run, tmp_path):
    run("exact.keras", "--sides", "post", "--pads", "2", "--output", str(tmp_path))
    report = json.loads((tmp_path / "report.json").read_text())
    assert list(report["sides"]) == ["post"]
    assert all(list(row["change"]) == ["post"] and list(row["change"]["post"]) == ["2"] for row in report["layers"])


@pytest.mark.parametrize(
    ("words", "code", "pad"),
    [
        ([], 0, -1),
        (["--pad-value", "0"], 1, 0),
        (["--pad-value", "series=0.5"], 1, 0.5),
        (["--pad-value", "-1"], 0, -1),
    ],
)
def test_pad_values_are_the_models_unless_they_are_given(words, code, pad, run, tmp_path):
    assert run("series.keras", *words, "--pads", "2", "--output", str(tmp_path))[0] == code
    assert json.loads((tmp_path / "report.json").read_text())["inputs"][0]["pad_value"] == pad


MISTAKES = [
    (["notes.keras"], "notes.keras: this is no model of Keras, neither a `.keras` file nor HDF5"),
    (["nowhere.keras"], "nowhere.keras: no such file"),
    (["dense.keras"], "nothing to pad: the model `dense` reads no sequence"),
    (["exact.keras", "--data", "wide.npy"], "wide.npy: row 1, column `array`: its shape is 3 × 7"),
    (["exact.keras", "--data", "nowhere.csv"], "nowhere.csv: no such file"),
    (["exact.keras", "--pad-value", "none"], "--pad-value: 'none' is no number; give VALUE or NAME=VALUE"),
    (["exact.keras", "--pad-value", "words=0"], "`words` is no input of the model; its inputs are: tokens"),
    (["exact.keras", "--time-input", "words"], "`words` is no input of the model; its inputs are: tokens"),
    (["series.keras", "--pad-value", "nan"], "input `series`: NaN is no pad value"),
    (["exact.keras", "--import", "nowhere_at_all"], "import nowhere_at_all: ModuleNotFoundError"),
]


@pytest.mark.parametrize(("words", "sentence"), MISTAKES)
def test_a_mistake_ends_in_2_and_one_sentence(words, sentence, run):
    code, page, complaint = run(*words)
    assert (code, page) == (2, "")
    assert sentence in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["exact.keras", "--pads", "0"], ["exact.keras", "--sides", "left"]])
def test_words_that_it_does_not_know_end_in_2(words, run):
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    write_whole(tmp_path / "a" / "page.md", "old")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path / "a" / "page.md", "new")
    assert [path.read_text() for path in (tmp_path / "a").iterdir()] == ["old"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip installed the package, from a copy of what it is built from."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    shutil.copytree(REPOSITORY / "stages" / "padding_audit", source / "stages" / "padding_audit")
    pytest.importorskip("setuptools", minversion="77", reason="the package is built by setuptools")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*pip, "--target", target, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def alone(installed, cwd, *command):
    """Run Python with the package, and without the project."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "TF_CPP_MIN_LOG_LEVEL")}
    return subprocess.run(
        [sys.executable, "-P", *command],
        cwd=cwd,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


TESTS_OF_HERS = """
import sys
import keras, numpy as np, padding_audit, pytest

def test_exact():
    padding_audit.assert_padding_invariant(keras.models.load_model("exact.keras"), np.array([[3, 4, 0], [5, 0, 0]]))

def test_leaks():
    with pytest.raises(AssertionError, match="leak from layer `lstm"):
        padding_audit.assert_padding_invariant(keras.models.load_model("leaks.keras"))

def test_nothing_of_the_project_was_imported():
    from padding_audit import from_files, page
    assert not [name for name in sys.modules if name.split(".")[0] == "stages"]
"""
THE_COMMAND_AND_HER_TESTS = """
import runpy, sys
sys.argv[1:] = ["leaks.keras", "--output", "out"]
try:
    runpy.run_module("padding_audit", run_name="__main__", alter_sys=True)
except SystemExit as end:
    print("ended in", end.code)
import pytest
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "test_hers.py"]))
"""


@pytest.mark.slow
def test_the_installed_package_works_in_tests_of_somebody_elses_and_needs_nothing_of_the_project(installed, folder):
    assert (installed / "bin" / "padding-audit").exists()
    (folder / "test_hers.py").write_text(TESTS_OF_HERS)
    done = alone(installed, folder, "-c", THE_COMMAND_AND_HER_TESTS)  # in one process, as TensorFlow starts slowly
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    page, _, tests = done.stdout.partition("ended in 1\n")
    assert "leak from layer `lstm" in page
    assert "3 passed" in tests
    assert json.loads((folder / "out" / "report.json").read_text())["model"]["file"] == "leaks.keras"


def imported(nodes):
    """The packages that statements import by their full names."""
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in named} - sys.stdlib_module_names


def test_the_room_imports_keras_and_numpy_and_where_a_file_needs_it_what_reads_it():
    trees = [ast.parse(path.read_text()) for path in (REPOSITORY / "stages" / "padding_audit").glob("*.py")]
    assert imported([node for tree in trees for node in tree.body]) == {"keras", "numpy"}
    everywhere = imported([node for tree in trees for node in ast.walk(tree)])
    assert everywhere == {"keras", "numpy", "h5py", "pyarrow", "tokenizers"}


def test_what_the_package_needs_is_keras_and_numpy_alone():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert [requirement.partition(">")[0] for requirement in project["dependencies"]] == ["keras", "numpy"]


@pytest.mark.parametrize("words", [["--help"], ["nowhere.keras"], ["notes.keras", "--data", "nowhere.csv"]])
def test_asking_for_help_or_for_a_file_that_is_not_there_imports_no_keras(words, folder):
    given = [str(folder / word) if (folder / word).is_file() else word for word in words]
    code = f"import sys, stages.padding_audit.__main__ as m\ntry: m.main({given})\nexcept SystemExit: pass\n"
    code += "sys.exit('keras' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, check=False).returncode == 0
    )
