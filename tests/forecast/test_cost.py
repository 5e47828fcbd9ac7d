"""The formula against what was measured: CPU seconds of one core on the machine of benchmarks/RESULTS.md."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from stages.forecast import cost as module
from stages.forecast.cost import cost_of, makespan
from stages.forecast.machine import Machine, this_machine
from stages.forecast.texts import Texts, texts_of
from stages.texts.tokens.length_histogram import length_counts

MACHINE = Machine(cores=2, speed=1.0, memory=16 * 10**9, disk=10**11)
WITHIN = 1.5

SPEED = 1.2
"""Of the machine that ran what follows."""
RAN = {
    "sms": ({}, {"train": 57.0, "export": 28.0, "analyze": 17.6}),
    "polarity2": ({"train.seeds": 2}, {"train": 129.0, "export": 206.0}),
}
"""By dataset: what was changed in params.yaml, and seconds by stage on two cores."""
RUNS = {"mr": 128, "sms": 117, "subj": 158, "snips": 154, "banking77": 201}
"""By dataset: seconds of a whole run on that machine."""
SEEDS = {"train.seeds": 12}
"""What all of them had that do not say otherwise."""


def within(estimate, measured):
    return measured / WITHIN <= estimate <= measured * WITHIN


@pytest.mark.parametrize("dataset", RAN)
def test_stages_take_what_was_measured(dataset, make_params, real_data):
    changes, measured = RAN[dataset]
    params = make_params({"dataset": dataset, **SEEDS, **changes})
    cost = cost_of(params, texts_of(params, real_data), replace(MACHINE, speed=SPEED))
    for stage, seconds in measured.items():
        assert within(cost.seconds[stage], seconds), stage


@pytest.mark.parametrize("dataset", RUNS)
def test_a_run_takes_what_was_measured(dataset, make_params, real_data):
    params = make_params({"dataset": dataset, **SEEDS})
    cost = cost_of(params, texts_of(params, real_data), replace(MACHINE, speed=SPEED))
    assert within(sum(cost.seconds.values()), RUNS[dataset])


def test_the_default_run_takes_what_was_measured(make_params, tmp_path):
    params = make_params(SEEDS)
    cost = cost_of(params, texts_of(params, tmp_path), replace(MACHINE, speed=SPEED))
    assert cost.models == {"baseline": 24, "masked": 12, "double_mask": 2}
    assert within(sum(cost.seconds.values()), 82)
    assert within(cost.disk / module.COPIES, 177e6), "what `dvc push` counts in docs/beyond-one-machine.md"


def texts(number=4000, length=20):
    train, test = number * 6 // 10, number // 4
    splits = {"train": train, "validation": number - train - test, "test": test}
    return Texts(splits, length_counts(np.full(100, length)))


@pytest.mark.parametrize(
    ("changes", "stage", "least", "most"),
    [
        ({"train.epochs": 20}, "train", 1.5, 2.0),
        ({"train.epochs": 100_000}, "train", 3.0, 5.5),  # most trainings stop early
        ({"train.epochs": 1_000, "train.patience": 0}, "train", 50, 100),
        ({"train.seeds": 28}, "export", 1.5, 2.0),
        ({"pad.max_len": 200}, "train", 3.0, 10.0),
        ({"model.units": 256}, "train", 5.0, 64.0),
        ({"model.units": 256}, "analyze", 5.0, 64.0),
        ({"train.variants": ["baseline"], "pad.sides": ["post"]}, "train", 0.2, 0.5),
        ({"model.bidirectional": "concat"}, "train", 1.2, 2.1),
        ({"train.variants": ["baseline", "masked", "cnn"]}, "train", 1.0, 1.6),
        ({"execution.workers": 1}, "train", 1.0, 1.0),
    ],
)
def test_seconds_grow_with_the_knobs(make_params, changes, stage, least, most):
    one_core = replace(MACHINE, cores=1)  # beside whose work a start is short
    before = cost_of(make_params(), texts(), one_core).seconds[stage]
    assert least <= cost_of(make_params(changes), texts(), one_core).seconds[stage] / before <= most


def test_twice_the_cores_take_less_and_twice_the_speed_too(make_params):
    def seconds(**changes):
        return sum(cost_of(make_params(), texts(8000), replace(MACHINE, **changes)).seconds.values())

    assert seconds(cores=4) < 0.7 * seconds()
    assert seconds(speed=2.0) < 0.6 * seconds()


def test_memory_and_disk_grow_with_what_they_hold(make_params):
    def cost(number=4000, **changes):
        return cost_of(
            make_params({key.replace("__", "."): value for key, value in changes.items()}), texts(number), MACHINE
        )

    assert cost(100_000_000).memory["train"] - cost().memory["train"] == pytest.approx(2 * 4 * 20 * 75e6, rel=0.01)
    assert cost(model__units=4096).memory["analyze"] > 50e9
    assert cost(1_000_000).memory["bag_of_words"] > 2 * cost(100_000).memory["bag_of_words"]
    few = cost_of(make_params({"train.seeds": 1, "pad.sides": ["pre"]}), texts(), replace(MACHINE, cores=64))
    assert few.memory["train"] == cost().memory["train"] / 2, "no more processes than models"
    assert cost(export__texts=500).disk == pytest.approx(cost().disk / 2, rel=0.2)


def test_no_knob_that_is_allowed_makes_the_formula_fail(make_params):
    largest = {
        "pad.max_len": 100_000,
        "train.seeds": 1000,
        "train.epochs": 100_000,
        "train.batch_size": 65_536,
        "export.texts": 10**9,
        "model.units": 4096,
        "tokenize.vocabulary": 10_000_000,
    }
    params = make_params(largest)
    assert sum(cost_of(params, texts(10**9), MACHINE).seconds.values()) > 1e9
    assert cost_of(make_params({"train.batch_size": 65_536}), texts(10), MACHINE).seconds["train"] > 0


def test_units_go_to_whoever_is_free():
    assert makespan([5, 3, 3, 3], 2) == 8  # 5 + 3 beside 3 + 3
    assert makespan([5, 3, 3, 3], 4) == makespan([5, 3, 3, 3], 100) == 5


def test_files_that_a_container_keeps_in_memory_are_free_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=10**9))
    monkeypatch.setattr("stages.forecast.machine.CGROUP", tmp_path)
    assert this_machine(1, tmp_path).memory == 10**9
    for name, text in (("max", "1000"), ("current", "900"), ("stat", "anon 300\ninactive_file 500\nslab 1\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert this_machine(1, tmp_path).memory == 600
    (tmp_path / "memory.max").write_text("max")
    assert this_machine(1, tmp_path).memory == 10**9


def test_this_machine_is_measured(tmp_path):
    machine = this_machine(3, tmp_path)
    assert machine.cores == 3
    assert 0.05 < machine.speed < 20
    assert min(machine.memory, machine.disk) > 0
