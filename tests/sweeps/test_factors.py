"""The factors of all sweeps: ranked by what they do to the unmasked model, each figure with its interval."""

from dataclasses import replace

import pytest
from scipy import stats

from stages.sweeps.spec import load_sweep
from stages.sweeps.summary.factors import factors_report
from stages.sweeps.summary.swept import ONLY, SWEEPS
from tests.conftest import REPOSITORY
from tests.sweeps import planted_sweeps as planted


@pytest.fixture(scope="module")
def everything():
    return factors_report("synthetic", planted.everything(), None)


def wider(content):
    """How many times the t interval of six seeds widens from one contrast of accuracy to all of them."""
    return stats.t.ppf(1 - 0.025 / content.contrasts["accuracy"], 5) / stats.t.ppf(0.975, 5)


def factor(content, name, sweep):
    (found,) = (each for each in content.factors if (each.factor, each.sweep) == (name, sweep))
    return found


def test_factors_are_ranked_by_the_accuracy_of_the_unmasked_model_then_by_its_drift(everything):
    """Planted: −35 points of amount, −20 of serving, −12 of side; units move drift alone, layers nothing."""
    names = [each.factor for each in everything.factors]
    assert names[:2] == ["amount of padding", "served otherwise than trained"]
    assert names.index("padding side") < names.index("downstream layer") < names.index("units") < names.index("layers")


def test_a_factor_is_shown_at_its_largest_with_the_worse_level_first(everything):
    """Post-padding falls from .85 to .50 with the width, and every seed shares the fall up to .001.

    Its interval holds at once with those of all contrasts of accuracy: Student's t of six seeds, Bonferroni.
    """
    cell = factor(everything, "amount of padding", "amount").effects["unmasked"]["accuracy"]
    assert (cell.level, cell.reference, cell.where) == ("longest*8", "0.5", "post")
    assert cell.estimate == pytest.approx(-0.35, abs=1e-3)
    alone = next(
        effect
        for effect in planted.amount().effects
        if (effect.level, effect.estimand) == ("longest*8", "accuracy")
        and effect.within == {"side": "post", "variant": "baseline"}
    )
    assert cell.estimate - cell.low == pytest.approx((alone.estimate - alone.low) * wider(everything), rel=0.05)
    assert cell.high - cell.estimate == pytest.approx((alone.high - alone.estimate) * wider(everything), rel=0.05)
    assert cell.shown


def test_a_level_that_is_better_than_the_reference_is_turned_round(everything):
    """The sweep compares attention with last (+3 points, a fifth of the drift): the worse one is last."""
    effects = factor(everything, "downstream layer", "downstream").effects["unmasked"]
    assert (effects["accuracy"].level, effects["accuracy"].reference) == ("last", "attention")
    assert effects["accuracy"].estimate == pytest.approx(-0.03, abs=1e-3)
    assert effects["drift_ratio"].estimate == pytest.approx(5.0, rel=0.02)
    assert effects["drift_ratio"].low < 5.0 < effects["drift_ratio"].high


def test_each_estimand_has_its_own_largest_contrast(everything):
    """At eight times the longest text nothing learns, so drift is largest at the longest: 2.0 over 0.5."""
    cell = factor(everything, "amount of padding", "amount").effects["unmasked"]["drift_ratio"]
    assert (cell.level, cell.reference) == ("longest", "0.5")
    assert cell.estimate == pytest.approx(4.0, rel=0.01)


def test_side_and_mask_stand_once_with_their_worst_sweep(everything):
    for name in ("padding side", "mask"):
        (found,) = (each for each in everything.factors if each.factor == name)
        assert found.sweep == "amount"
        assert set(found.other_sweeps) >= {"truncation", "downstream"}


def test_the_mask_is_ranked_by_its_own_effect_and_its_drift_is_exact(everything):
    """Averaged over widths, post-padding loses (2 + 4 + 9 + 37) / 4 = 13 points to no mask."""
    effects = factor(everything, "mask", "amount").effects["averaged"]
    assert effects["accuracy"].estimate == pytest.approx(-0.13, abs=1e-3)
    assert (effects["accuracy"].level, effects["accuracy"].reference) == ("baseline", "masked")
    assert effects["drift_ratio"].reason == "0 (exact) with `masked`"


def test_where_some_masked_rows_move_the_worst_is_named(everything):
    cell = factor(everything, "downstream layer", "downstream").effects["masked"]["drift_ratio"]
    assert cell.estimate is None
    assert cell.reason.startswith("0 (exact) in 4 of 6 rows, at most 0.4")
    assert "`mean_naive`" in cell.reason


def test_serving_otherwise_is_a_factor_of_its_own(everything):
    effects = factor(everything, "served otherwise than trained", "mismatch").effects
    assert effects["unmasked"]["accuracy"].estimate == -0.2
    half = 0.05 * wider(everything)
    assert (effects["unmasked"]["accuracy"].low, effects["unmasked"]["accuracy"].high) == pytest.approx(
        (-0.2 - half, -0.2 + half), abs=1e-4
    )
    assert effects["masked"]["accuracy"].estimate == 0.0
    assert not effects["masked"]["accuracy"].shown


def test_interactions_name_their_sweep_and_those_on_accuracy_come_first(everything):
    """Eight times the longest costs 35 points with post-padding and no mask alone: 17.5 over both models."""
    found = everything.interactions
    estimands = [each.estimand for each in found]
    assert estimands == sorted(estimands, key=lambda name: name != "accuracy")
    assert found[0].sweep == "amount"
    assert found[0].levels == {"pad.max_len": "longest*8", "side": "post"}
    assert found[0].estimate == pytest.approx(-0.175, abs=1e-3)


def test_without_sweeps_nothing_is_ranked_and_the_commands_are_named():
    content = factors_report("mr", [], None)
    assert content.factors == []
    assert "No sweep was run" in content.answer[0]
    assert "`make sweep NAME=amount DATASET=mr`" in content.answer[0]


def test_a_sweep_that_needs_generated_texts_is_not_missed_on_others():
    missing = {
        dataset: [each.name for each in factors_report(dataset, [], None).missing] for dataset in ("mr", "synthetic")
    }
    assert "length" in missing["synthetic"]
    assert "length" not in missing["mr"]


def test_the_order_of_files_changes_nothing():
    records = planted.everything()
    assert factors_report("synthetic", records, None) == factors_report("synthetic", records[::-1], None)


def test_a_sweep_that_this_summary_does_not_know_is_ranked_too():
    content = factors_report("synthetic", [replace(planted.size(), name="mine")], None)
    assert {each.sweep for each in content.factors} == {"mine"}
    assert "units" in [each.factor for each in content.factors]


def test_the_sweeps_that_are_known_are_those_that_are_shipped():
    shipped = {path.stem: load_sweep(path) for path in (REPOSITORY / "sweeps").glob("*.yaml")}
    assert set(shipped) == set(SWEEPS)
    assert {name: each.only for name, each in shipped.items() if each.only} == ONLY
