"""`make check`: what it says, and what it refuses."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from stages.errors import UserError
from stages.forecast import __main__ as command
from stages.forecast.__main__ import check
from stages.forecast.fitting import size
from stages.forecast.machine import Machine
from stages.runtime.workers.pool import duration
from tests.conftest import REPOSITORY

LARGE = Machine(cores=2, speed=1.0, memory=10**12, disk=10**13)


@pytest.fixture
def on(monkeypatch):
    """Have the check believe in a machine."""
    return lambda machine: monkeypatch.setattr(command, "this_machine", lambda workers, folder: machine)


def test_it_says_what_the_run_will_be(make_params, on, capsys):
    on(LARGE)
    check(make_params())
    first, second = capsys.readouterr().out.splitlines()
    assert first == (
        "synthetic: 4,000 texts of 13 tokens in rows of 29; 44 models: 28 of baseline, 14 of masked, 2 of double_mask"
    )
    assert second.startswith("about ")
    assert " s on 2 cores that are idle, less for what is there already; 1.6 GB of memory (1,000 GB " in second


@pytest.mark.parametrize(
    ("changes", "machine", "sentence"),
    [
        (
            {"model.units": 4096},
            {"memory": 30 * 10**9},
            r"^analyze needs about \d+ GB of memory, and 30 GB are free; lower model\.units, export\.pads or exec",
        ),
        (
            {"export.texts": "all"},
            {"disk": 10**8},
            r"^the run writes about 0\.\d GB, and 0\.1 GB of disk are free; lower ex",
        ),
        (
            {"train.epochs": 100_000, "train.patience": 0, "train.seeds": 24},
            {},
            r"^the run takes about 9 days for 4,000 texts, longest in train, and more than 7 days are refused; lower",
        ),
        (
            {"datasets.synthetic.texts": 10**9, "train.epochs": 1},
            {},
            r"^the run takes about [\d,]+ days for 1,000,000,000 texts, longest in train",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_key_to_change(make_params, on, changes, machine, sentence):
    on(replace(LARGE, **machine))
    with pytest.raises(UserError, match=sentence):
        check(make_params(changes))


def test_a_cluster_is_not_measured(make_params, on, capsys):
    on(Machine(cores=2, speed=1.0, memory=1, disk=1))
    check(make_params({"execution.engine": "dask", "execution.scheduler": "tcp://127.0.0.1:8786"}))
    assert "of one core, on the workers of dask" in capsys.readouterr().out


def test_more_cores_than_this_machine_has_may_be_asked_about(make_params, monkeypatch, capsys):
    """Nothing is refused then: what is free here says nothing of another machine."""
    monkeypatch.setattr(command, "this_machine", lambda workers, folder: Machine(workers, 1.0, memory=1, disk=1))
    minutes = {}
    for cores in (1, 16):
        check(make_params({"datasets.synthetic.texts": 40_000}), cores=cores)
        said = capsys.readouterr().out.splitlines()[1]
        found = re.match(r"about (\d+) (h|min) .* on (\d+) cores? like this machine's; [\d.]+ GB of memory, ", said)
        minutes[int(found[3])] = int(found[1]) * (60 if found[2] == "h" else 1)
    assert minutes[1] > 4 * minutes[16]
    with pytest.raises(UserError, match="^CORES: -2 is not a number of cores"):
        check(make_params(), cores=-2)


def test_another_dataset_may_be_named(make_params, capsys):
    check(make_params(), dataset="imdb")
    assert capsys.readouterr().out.startswith("imdb: params.yaml is right; how much work it is shows when the texts ")
    with pytest.raises(UserError, match="DATASET: 'imbd' is not in the table; did you mean 'imdb'?"):
        check(make_params(), dataset="imbd")


def test_it_is_quick_and_a_users_mistake_ends_in_one_sentence(tmp_path):
    """As `make check` runs it: without TensorFlow, and with a key that no stage reads."""
    text = (REPOSITORY / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("must_be: exact", "must_be: exactly"), encoding="utf-8")
    hidden = "import runpy, sys; sys.modules.update(tensorflow=None, keras=None); "
    code = hidden + "runpy.run_module('stages.forecast', run_name='__main__')"
    command = [sys.executable, "-c", code, "--params", str(tmp_path / "params.yaml")]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == (
        f"check: error: {tmp_path}/params.yaml: gate.must_be: 'exactly' is not allowed; it should be 'exact' or "
        "'equivalent'\n"
    )


def test_make_asks_before_dvc():
    lines = (REPOSITORY / "Makefile").read_text().splitlines()
    assert {line.split(":")[0] for line in lines if ": check ##" in line} == {"repro", "gate", "decide"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(42, "42 s"), (172, "2 min 52 s"), (9300, "2 h 35 min"), (9e5, "10 days")]
)
def test_durations_are_those_of_people(seconds, text):
    assert duration(seconds) == text


def test_sizes_are_in_gigabytes():
    assert [size(3.84e8), size(1.24e10)] == ["0.4 GB", "12 GB"]
