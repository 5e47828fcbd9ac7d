"""Slopes of made-up costs, the store of measurements, and the grids of the benchmark, without running a stage."""

import re

import numpy as np
import pytest

from benchmarks import scaling
from benchmarks.growth import BIG_DATA, SCALING, WHOLE, ahead, growths, table, write_tables
from benchmarks.scaling import MEASUREMENTS, PARTS
from benchmarks.slopes import slopes_of
from benchmarks.stage_costs import COMMANDS, Cost, Measurement, cost_of, read, write_params
from benchmarks.table import between
from stages.params.schema import load_params
from stages.runtime.inputs import dvc_stages
from tests.conftest import REPOSITORY

SIZES = [1_000, 3_000, 10_000, 30_000, 100_000]


def costs_of(exponent, *, start=2.0, noise=0.0, sizes=SIZES, seed=0):
    generator = np.random.default_rng(seed)
    exact = [start + 3 * (size / 10_000) ** exponent for size in sizes]
    return [cost * np.exp(noise * generator.standard_normal()) for cost in exact]


def slope_of(sizes, costs):
    return slopes_of({"cost": (sizes, costs)})["cost"]


@pytest.mark.parametrize("start", [0.0, 2.0, 50.0])
@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.4, 2.0])
def test_a_known_exponent_is_found_whatever_the_start(start, exponent):
    found = slope_of(SIZES, costs_of(exponent, start=start))
    assert found.exponent == pytest.approx(exponent)
    assert found.start == pytest.approx(start, abs=1e-6)
    assert found.at(np.array([10_000.0]))[0] == pytest.approx(start + 3)
    assert found.low <= exponent <= found.high
    assert found.miss < 1e-6


def test_taking_off_the_cost_at_the_smallest_size_would_be_steeper():
    """Why the start is a parameter of the fit."""
    costs = costs_of(0.5, start=0.0)
    naive = np.polyfit(np.log(SIZES[1:]), np.log(np.array(costs[1:]) - costs[0]), 1)[0]
    assert naive > 0.6
    assert slope_of(SIZES, costs).exponent == pytest.approx(0.5)


def test_a_cost_that_does_not_grow_has_no_exponent():
    for costs in ([7.0] * 10, costs_of(1.0, start=1e6, noise=0.01, sizes=SIZES * 2)):
        found = slope_of(SIZES * 2, costs)
        assert (found.exponent, found.low, found.high) == (None, None, None)
        assert found.at(np.array([5.0, 5e9])) == pytest.approx(np.mean(costs), rel=0.02)


def test_a_cost_that_shrinks_does_not_grow():
    assert slope_of(SIZES, [5.0, 4.0, 3.0, 2.0, 1.0]).exponent is None


def test_the_interval_covers_the_exponent_about_as_often_as_it_says():
    sizes = SIZES * 2
    found = [slope_of(sizes, costs_of(1.2, noise=0.05, sizes=sizes, seed=seed)) for seed in range(200)]
    covered = sum(each.low <= 1.2 <= each.high for each in found)
    assert 180 <= covered <= 199


def test_series_share_the_variance_of_their_noise():
    """A series of four measurements alone has one degree of freedom, and an interval that says nothing."""
    sizes = SIZES[1:]
    many = {seed: (sizes, costs_of(1.0, noise=0.05, sizes=sizes, seed=seed)) for seed in range(200)}
    found = slopes_of(many)
    assert 180 <= sum(each.low <= 1.0 <= each.high for each in found.values()) <= 199
    together = np.mean([each.high - each.low for each in found.values()])
    alone = np.mean([each.high - each.low for each in (slope_of(*many[seed]) for seed in range(20))])
    assert together < 0.5 * alone


def test_an_interval_that_reaches_the_last_exponent_is_open():
    assert slope_of(SIZES, costs_of(3.1)).open == (False, True)


@pytest.mark.parametrize(
    ("sizes", "costs"), [([1, 2, 4], [1, 2, 4]), ([1, 1, 2, 2], [1, 1, 2, 2]), ([1, 2, 4, 8], [0, 1, 2, 3])]
)
def test_too_little_for_a_slope_is_refused(sizes, costs):
    with pytest.raises(ValueError):
        slope_of(sizes, costs)


def test_what_is_ahead_lies_in_its_range_about_as_often_as_it_says():
    sizes, whole = SIZES * 2, 1_000_000
    exact = 2 + 3 * 100**1.2
    found = [slope_of(sizes, costs_of(1.2, noise=0.05, sizes=sizes, seed=seed)).range_at(whole) for seed in range(200)]
    assert 180 <= sum(low <= exact <= high for low, high in found) <= 199
    low, high = slope_of(SIZES, costs_of(1.2)).range_at(whole)
    assert low == pytest.approx(exact, rel=1e-4)
    assert high == pytest.approx(exact, rel=1e-4)


def test_a_cost_that_does_not_grow_goes_on_as_it_is():
    assert slope_of(SIZES, [7.0, 7.07, 7.0, 6.93, 7.0]).range_at(1_000_000) == pytest.approx((6.93, 7.07), rel=1e-3)


def test_every_part_has_its_place_on_the_pages():
    assert all(between(SCALING, part) for part in PARTS)
    assert all(between(BIG_DATA, part) for part in WHOLE)
    assert all(whole // 10 == PARTS[part].grids[0].sizes[-1] for part, whole in WHOLE.items())


@pytest.mark.parametrize("part", PARTS)
def test_every_size_of_every_grid_makes_valid_params(part, tmp_path):
    for grid in PARTS[part].grids:
        for size in grid.sizes:
            write_params(tmp_path, {**PARTS[part].changes(size), **grid.fixed})
            params = load_params(tmp_path / "params.yaml")
            found = {
                "texts": params.chosen_dataset.texts,
                "tokens": params.chosen_dataset.median_length,
                "width": params.pad.max_len,
                "units": params.model.units,
                "seeds": params.train.seeds,
            }
            assert found[part] == (f"longest*{size}" if part == "width" else size)


@pytest.mark.parametrize("part", PARTS)
def test_every_stage_has_those_before_it(part):
    needed = {"tokenize": {"ingest"}, "pad": {"tokenize"}, "bag_of_words": {"tokenize"}, "train": {"pad"}}
    needed |= {"export": {"train"}, "analyze": {"export", "bag_of_words"}, "report": {"analyze"}}
    for grid in PARTS[part].grids:
        there = {*grid.once, *grid.between, *grid.measured}
        assert all(needed.get(stage, set()) <= there for stage in there)
        assert there <= set(COMMANDS)


@pytest.mark.parametrize("stage", COMMANDS)
def test_the_disk_that_is_measured_is_of_what_the_stage_writes(stage):
    first = next(iter(dvc_stages(REPOSITORY)[stage]["outs"]))
    written = next(iter(first)) if isinstance(first, dict) else first
    folder = written.removeprefix("data/").partition("/")[0]
    assert COMMANDS[stage][-2] == f"--{folder.replace('_', '-')}"


def test_only_what_is_missing_is_measured_again(tmp_path, monkeypatch):
    """Killed in the middle, the same command with --resume goes on."""
    ran = []

    def cost(folder, stage):
        ran.append((int(re.search("units: ([0-9]+)", (folder / "params.yaml").read_text())[1]), stage))
        if ran[-1] == (64, "export") and len(ran) < 15:
            raise KeyboardInterrupt
        return Cost(1.0, 2.0, 300.04, 5.0)

    monkeypatch.setattr(scaling, "cost_of", cost)
    path = tmp_path / "scaling.csv"
    with pytest.raises(KeyboardInterrupt):
        scaling.measure("units", 0, path)
    assert [row.size for row in read(path) if row.stage == "train"] == [16, 32, 64]
    ran.clear()
    ran.extend([(0, "")] * 20)
    scaling.measure("units", 0, path)
    assert {size for size, stage in ran if stage == "train"} == {64, 128, 256}
    found = read(path)
    assert len(found) == len({row[:4] for row in found}) == 15
    assert found[0] == Measurement("units", 16, "train", 0, Cost(1.0, 2.0, 300.0, 5.0))
    ran.clear()
    scaling.measure("units", 0, path)
    assert not ran


def test_a_stage_that_fails_ends_the_program(tmp_path):
    write_params(tmp_path, {"dataset": "nothing"})
    with pytest.raises(SystemExit, match=r"stages\.ingest .* failed:\n.*'nothing'"):
        cost_of(tmp_path, "ingest")


def made_up(part):
    stages = [stage for grid in PARTS[part].grids for stage in grid.measured]
    return [
        Measurement(part, size, stage, repeat, Cost(1 + size / 1_000, 9.0, 200.0, size / 100))
        for stage in dict.fromkeys(stages)
        for size in SIZES
        for repeat in range(2)
    ]


def test_the_table_says_what_was_measured_and_the_slope():
    assert table(growths(made_up("seeds"))["seeds"]).splitlines()[2] == (
        "| train | 1,000 … 100,000 | 2.0 … 101 | 1.0 | 1.00 [1.00, 1.00] | 0 % | 200 … 200 | flat | +0 |"
    )


def test_what_is_ahead_is_said_with_its_error():
    found = growths(made_up("texts"))["texts"]
    assert ahead(found, 1_000_000).splitlines()[2] == (
        "| ingest | 101 | 1,001 (1,001 to 1,001) | 200 | 200 (200 to 200) | 1,000 | 10,000 (10,000 to 10,000) |"
    )


def test_the_committed_tables_are_those_of_the_committed_measurements(tmp_path):
    scaling, big_data = tmp_path / "scaling.md", tmp_path / "big_data.md"
    for copy, page in ((scaling, SCALING), (big_data, BIG_DATA)):
        copy.write_bytes(page.read_bytes())
    write_tables(read(MEASUREMENTS), scaling, big_data)
    assert scaling.read_bytes() == SCALING.read_bytes()
