"""Differences of differences, by hand."""

import pytest

from stages.sweeps.findings.interactions import interactions
from tests.sweeps.outcomes import cell, grid_of_sweep, outcomes, report, sweep


def grid(make):
    found = sweep({"model.units": [8, 32]})
    return grid_of_sweep(found, outcomes(found, make))


def test_a_difference_of_differences():
    # units add 0 with pre and .1, .2, .3 with post: the interaction is .2, sd .1
    def make(units):
        post = (0.5, 0.5, 0.5) if units == "8" else (0.6, 0.7, 0.8)
        drift = (1.0, 1.0, 1.0) if units == "8" else (3.0, 4.0, 5.0)
        return report(
            cell(side="pre", accuracy=(0.5, 0.5, 0.5), drift=(1.0, 1.0, 1.0), flips=(0.0, 0.0, 0.0)),
            cell(side="post", accuracy=post, drift=drift, flips=(0.0, 0.0, 0.0)),
        )

    notable, looked_at = interactions(grid(make))
    assert looked_at == 3
    drift = next(each for each in notable if each.estimand == "drift_ratio")
    assert drift.estimate == pytest.approx(60 ** (1 / 3))
    assert drift.levels == {"model.units": "32", "side": "post"}
    assert drift.references == {"model.units": "8", "side": "pre"}
    # .2 - 4.302653 * .1 / sqrt(3) is below 0, and nothing flips
    assert [each.estimand for each in notable] == ["drift_ratio"]


def both_models(units):
    """Units add .02, .03, .04 to the masked model and take .1 from the unmasked one, with post; nothing with pre."""
    at_first = units == "8"
    return report(
        cell(side="pre"),
        cell(side="pre", variant="masked"),
        cell(accuracy=(0.8, 0.8, 0.8) if at_first else (0.7, 0.7, 0.7)),
        cell(variant="masked", accuracy=(0.8, 0.8, 0.8) if at_first else (0.82, 0.83, 0.84)),
    )


def test_what_a_mask_adds_changes_by_the_difference_of_both_changes_averaged_over_sides():
    notable, _ = interactions(grid(both_models))
    (it,) = [each for each in notable if {*each.axes} == {"model.units", "variant"} and each.estimand == "accuracy"]
    assert it.estimate == pytest.approx(0.13 / 2)
    # t(2) = 4.302653, sd .01 / 2
    assert it.low == pytest.approx(0.13 / 2 - 4.302653 * 0.01 / 2 / 3**0.5, abs=1e-4)
    assert it.combinations == 2
