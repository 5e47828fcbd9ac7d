"""What a mask adds at each level of an axis, by hand."""

import pytest

from stages.sweeps.findings.gains import gain_findings
from tests.sweeps.outcomes import cell, grid_of_sweep, outcomes, report, sweep


def gains(axes, make):
    found = sweep(axes)
    return list(gain_findings(grid_of_sweep(found, outcomes(found, make))))


def both_models(units, layers="1"):
    """With post-padding a mask adds .12, .13, .14 at 32 units, and .1 more with two layers; nothing elsewhere."""
    more = 0.1 * (layers == "2")
    post = [0.8 + more, 0.8 + more, 0.8 + more] if units == "8" else [0.82 + more, 0.83 + more, 0.84 + more]
    return report(
        cell(side="pre"),
        cell(side="pre", variant="masked"),
        cell(accuracy=(0.8, 0.8, 0.8) if units == "8" else (0.7, 0.7, 0.7)),
        cell(variant="masked", accuracy=tuple(post)),
    )


def test_a_gain_is_the_mean_difference_of_both_models_by_seed():
    pre, post = gains({"model.units": [8, 32]}, both_models)
    assert (pre.levels, post.levels, post.variant) == ({"side": "pre"}, {"side": "post"}, "masked")
    at_8, at_32 = post.gains
    assert (at_8.levels, at_8.verdict) == ({"model.units": "8"}, "EXACT")
    # t(2) = 4.302653, sd .01
    assert at_32.estimate == pytest.approx(0.13)
    assert at_32.low == pytest.approx(0.13 - 4.302653 * 0.01 / 3**0.5, abs=1e-4)
    assert post.text == (
        "Post-padding, accuracy of `masked` against `baseline`, by units: 0 (exact) with 8; "
        "+13.0 [+10.5, +15.5] points with 32."
    )


def test_a_gain_is_averaged_over_the_other_axes():
    found = gains({"model.units": [8, 32], "model.layers": [1, 2]}, both_models)
    by = {(each.axis, each.levels["side"]): [gain.estimate for gain in each.gains] for each in found}
    assert by["model.units", "post"] == pytest.approx([(0 + 0.1) / 2, (0.23 + 0.13) / 2])
    assert by["model.layers", "post"] == pytest.approx([(0 + 0.13) / 2, (0.1 + 0.23) / 2])


def test_a_level_at_which_neither_model_learned_is_left_out():
    def make(units):
        learned = [units != "128"] * 3
        return report(cell(learned=learned), cell(variant="masked", learned=learned))

    (post,) = gains({"model.units": [8, 32, 128]}, make)
    assert [gain.levels["model.units"] for gain in post.gains] == ["8", "32"]
    assert "128" not in post.text


def test_without_a_mask_or_without_the_baseline_there_is_no_gain():
    assert gains({"model.units": [8, 32]}, lambda units: report(cell())) == []
    assert gains({"model.units": [8, 32]}, lambda units: report(cell(variant="masked"))) == []
