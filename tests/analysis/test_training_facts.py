"""What is told of the accuracy against the baseline's, seed by seed."""

import numpy as np
import pytest

from stages.analysis.cell_facts import cell_facts
from stages.stats.intervals import mean_over_seeds_and_texts
from stages.stats.rounding import finite
from stages.stats.text_groups import text_group
from tests.analysis.forty_texts import CONDITIONS, base_of, facts_of, seed_of
from tests.analysis.planted import BAG, cell_of, first

pytestmark = pytest.mark.filterwarnings("error")


def training(make_params, ours, base):
    seeds = [seed_of(number, correct=right) for number, right in enumerate(ours)]
    return facts_of(make_params, seeds, variant="masked", baseline=base_of(make_params, *base))["training"]


def test_training_is_compared_seed_by_seed(make_params):
    """Differences of .01, .02 and .03: mean .02, standard error .01 / √3, all signs equal in 2 of 8 assignments."""
    found = training(make_params, (910, 870, 830), (900, 850, 800))
    assert (found["mean"], found["n_seeds"], found["reason"]) == (pytest.approx(0.02), 3, None)
    assert found["sign_flip_p"] == pytest.approx(0.25)
    assert found["better"]["estimate"] == 1
    # P(T > −√3) with 2 degrees of freedom: the bound of .01 lies √3 standard errors below the mean.
    assert found["tost_p"] == pytest.approx(0.5 + np.sqrt(3) / (2 * np.sqrt(2 + 3)))


def test_the_difference_speaks_of_new_seeds_and_new_texts(make_params):
    """The crossed interval of the bits, each group of texts left out by hand."""
    gained = np.array([first(910) ^ first(900), first(870) ^ first(850), first(830) ^ first(800)]).astype(float)
    group = text_group(np.arange(1000))
    without = np.stack([gained[:, group != left].mean(axis=1) for left in sorted(set(group))], axis=1)
    expected = mean_over_seeds_and_texts(gained.mean(axis=1), without).interval(0.95)
    found = training(make_params, (910, 870, 830), (900, 850, 800))["difference"]
    assert found == pytest.approx({"estimate": 0.02, "low": expected.low, "high": expected.high})
    assert expected.high - expected.low > 0.02


def test_the_baseline_is_not_compared_with_itself(make_params):
    assert facts_of(make_params, [seed_of(0)])["training"] is None
    cell = cell_of(make_params, [seed_of(0)], "masked")
    assert cell_facts(cell, None, CONDITIONS, BAG, make_params().analyze).training is None


@pytest.mark.parametrize(
    ("ours", "base", "reason"),
    [
        ((510, 505, 490), (500, 500, 505), "neither variant has a seed that learned"),
        ((910,), (900,), "1 paired seed"),
        ((900, 850), (900, 850), "0 in every seed"),
    ],
)
def test_what_training_leaves_undefined_is_null_with_a_reason(make_params, ours, base, reason):
    found = finite(training(make_params, ours, base))
    assert reason in found["reason"]
    assert (found["difference"], found["tost_p"], found["detectable"]) == (None, None, None)
    assert found["mean"] == pytest.approx(np.mean(np.subtract(ours, base)) / 1000)


def test_the_same_difference_in_every_seed_leaves_the_error_of_the_texts(make_params):
    found = finite(training(make_params, (720, 764), (700, 744)))
    assert "the same in every seed" in found["reason"]
    assert (found["tost_p"], found["detectable"]) == (None, None)
    assert found["difference"]["low"] < 0.02 - 0.0044


def test_at_chance_no_test_looks_like_a_result(make_params):
    found = training(make_params, (510, 505, 490), (500, 500, 505))
    assert (found["sign_flip_p"], found["better"]) == (None, None)
    assert training(make_params, (510, 505, 490), (500, 500, 900))["sign_flip_p"] is not None
