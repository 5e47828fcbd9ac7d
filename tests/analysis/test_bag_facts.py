"""Every cell beside the bag of words, by hand."""

import json
from dataclasses import replace

import pytest
from scipy import stats

from stages.analysis.dataset_facts import bag_facts, over_bag_of_words
from stages.errors import UserError
from tests.analysis.planted import BAG, cell_of, condition, in_json, seed_result

bag_facts = in_json(bag_facts)
over_bag_of_words = in_json(over_bag_of_words)


def cell(make_params, *correct):
    return cell_of(make_params, [seed_result(i, {"pads-8": condition()}, right) for i, right in enumerate(correct)])


def test_the_accuracy_of_the_bag_has_the_interval_of_its_texts(tmp_path):
    """Wilson for 30 of 40, as in Newcombe 1998's formula: (2np + z² ± z √(z² + 4npq)) / 2(n + z²)."""
    test = {"texts": 40, "correct": 30, "majority": 20, "accuracy": 0.75, "nll": 0.5}
    scores = {"splits": {"test": test}, "penalty": 3, "features": 9, "tried": []}
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    found = bag_facts(tmp_path, 0.95)
    z = stats.norm.ppf(0.975)
    half = z * (z**2 + 4 * 30 * 0.25) ** 0.5
    assert found["penalty"] == 3
    assert found["accuracy"]["estimate"] == 0.75
    assert found["accuracy"]["low"] == pytest.approx((2 * 30 + z**2 - half) / (2 * (40 + z**2)))
    assert found["accuracy"]["high"] == pytest.approx((2 * 30 + z**2 + half) / (2 * (40 + z**2)))


def test_the_difference_is_the_mean_over_seeds_with_students_interval(make_params):
    """Differences .01, .02 and .03: mean .02, standard error .01/√3, t quantile of 2 degrees 4.303."""
    found = over_bag_of_words(cell(make_params, 770, 780, 790), BAG, 0.95)
    assert found["estimate"] == pytest.approx(0.02)
    assert found["high"] - found["estimate"] == pytest.approx(4.303 * 0.01 / 3**0.5, rel=1e-3)
    assert found["estimate"] - found["low"] == pytest.approx(found["high"] - found["estimate"])


def test_seeds_above_the_bag_are_counted_and_a_tie_is_not_above(make_params):
    found = over_bag_of_words(cell(make_params, 500, 760, 761, 900), BAG, 0.95)
    assert (found["n_seeds_better"], found["n_seeds"]) == (2, 4)
    assert found["estimate"] == pytest.approx((0.5 + 0.76 + 0.761 + 0.9) / 4 - 0.76)


def test_one_seed_has_no_interval(make_params):
    found = over_bag_of_words(cell(make_params, 800), BAG, 0.95)
    assert (found["estimate"], found["low"], found["high"]) == (pytest.approx(0.04), None, None)


def test_other_test_texts_are_not_compared(make_params):
    bag = replace(BAG, splits={"test": replace(BAG.splits["test"], texts=999)})
    with pytest.raises(UserError, match="scored on 1000 test texts and the bag of words on 999; run `dvc repro`"):
        over_bag_of_words(cell(make_params, 800), bag, 0.95)


def test_a_stage_that_has_not_run_is_named(tmp_path):
    with pytest.raises(UserError, match=r"scores\.json: no such file; run `dvc repro`"):
        bag_facts(tmp_path, 0.95)
