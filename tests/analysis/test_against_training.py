"""What is told of a condition against the text padded as in training, from seeds chosen by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from stages.analysis.outcomes import AgainstTraining
from stages.stats.intervals import wilson
from stages.stats.readout_shift import ReadoutSums
from stages.stats.rounding import finite
from stages.stats.text_groups import text_group
from tests.analysis.forty_texts import ALONE, LABEL, TEXTS, at, facts_of, guess, seed_of
from tests.analysis.planted import predictions

pytestmark = pytest.mark.filterwarnings("error")

DIRECTION = np.array([[1.0], [0.0]])


def compared(number, *, grown, wrong, trained=ALONE, alone=range(4), correct=900):
    """As trained texts 0 to 9 are wrong; under 8 pads what the classifier reads is so many times as large."""

    def against(served, wrong):
        outcome = predictions(LABEL, guess(range(10)), guess(wrong))
        return AgainstTraining.of(outcome, ReadoutSums.of(np.arange(TEXTS), DIRECTION, trained, served))

    seed = seed_of(number, correct=correct)
    found = {"pads-0": against(trained, alone), "pads-8": against(grown * trained, wrong)}
    return replace(seed, model=replace(seed.model, against_training=found))


def two_seeds():
    """Of 40 texts 4 turn right and 6 wrong in the first; 10 turn wrong in the second; a third is at chance."""
    return [
        compared(0, grown=1.5, wrong=range(4, 16)),
        compared(1, grown=2, wrong=range(20)),
        compared(2, grown=9, wrong=range(40), correct=500),
    ]


def test_flips_are_counted_against_the_text_padded_as_trained(make_params):
    facts = facts_of(make_params, two_seeds())
    padded = at(facts, "pads-8")["against_training"]
    assert padded["flip_rate"]["estimate"] == pytest.approx(20 / 80)
    assert (padded["gained"]["estimate"], padded["lost"]["estimate"]) == (pytest.approx(4 / 80), pytest.approx(16 / 80))
    assert padded["flip_rate"]["low"] < 20 / 80 < padded["flip_rate"]["high"]
    # Those against the text alone stay what they were.
    assert at(facts, "pads-8")["flip_rate"]["estimate"] == pytest.approx(12 / 40)
    assert [each["flips_against_training_by_condition"]["pads-8"] for each in facts["seeds"]] == [0.25, 0.25, 0.75]


def test_the_text_alone_is_among_the_conditions_and_as_trained_is_not(make_params):
    facts = facts_of(make_params, two_seeds())
    alone = facts["alone"]["against_training"]
    assert (alone["gained"]["estimate"], alone["flip_rate"]["estimate"]) == (pytest.approx(6 / 40),) * 2
    assert alone["lost"] == {"estimate": 0, "low": 0, "high": pytest.approx(wilson(0, TEXTS, 0.95).high)}
    assert alone["readout_drift"] == alone["readout_drift_symmetric"] == {"estimate": 0, "low": 0, "high": 0}
    assert "against_training" not in at(facts, "as-trained")
    assert facts["seeds"][0]["readout_drift_by_condition"].keys() == {"pads-0", "pads-8"}


def test_the_readout_drift_is_a_geometric_mean_over_seeds_that_learned(make_params):
    """Grown 1.5 and 2 times: drifts of .5² and 1, over the spread as trained; over the mean spread by hand below."""
    facts = facts_of(make_params, two_seeds())
    found = at(facts, "pads-8")["against_training"]
    # Student's t of the two logarithms, and of the groups of texts, which both seeds read alike.
    read, group = ALONE[:, 0], text_group(np.arange(TEXTS))
    kept = [read[group != each] for each in np.unique(group)]
    without = np.log([(part**2).sum() / ((part - part.mean()) ** 2).sum() for part in kept])
    groups = len(without)
    of_seeds = stats.t.ppf(0.975, 1) ** 2 * np.var(np.log([0.25, 1]), ddof=1) / 2
    of_texts = stats.t.ppf(0.975, groups - 1) ** 2 * (groups - 1) * np.var(without)
    half = np.sqrt(of_seeds + of_texts)
    assert found["readout_drift"]["estimate"] == pytest.approx(0.5)
    assert found["readout_drift"]["low"] == pytest.approx(0.5 * np.exp(-half))
    assert found["readout_drift"]["high"] == pytest.approx(0.5 * np.exp(half))
    symmetric = found["readout_drift_symmetric"]["estimate"]
    assert symmetric == pytest.approx(np.sqrt(0.25 / ((1 + 2.25) / 2) * 1 / ((1 + 4) / 2)))
    by_seed = [each["readout_drift_by_condition"]["pads-8"] for each in facts["seeds"]]
    assert by_seed == pytest.approx([0.25, 1, 64])


def test_a_readout_without_spread_in_one_seed_has_no_drift(make_params):
    constant = np.ones_like(ALONE)
    seeds = [compared(0, grown=2, wrong=range(4)), compared(1, grown=2, wrong=range(4), trained=constant)]
    facts = finite(facts_of(make_params, seeds))
    found = at(facts, "pads-8")["against_training"]
    assert (found["readout_drift"], found["readout_drift_symmetric"]) == (None, None)
    assert found["flip_rate"]["estimate"] == pytest.approx(6 / 40)
    by_seed = [each["readout_drift_by_condition"]["pads-8"] for each in facts["seeds"]]
    assert by_seed == [pytest.approx(1), None]


def test_too_few_seeds_that_learned_leave_it_undefined(make_params):
    seeds = [compared(number, grown=2, wrong=range(4), correct=900 if number else 500) for number in range(2)]
    facts = facts_of(make_params, seeds)
    assert set(at(facts, "pads-8")["against_training"].values()) == {None}
    assert set(facts["alone"]["against_training"].values()) == {None}
    assert facts["seeds"][0]["flips_against_training_by_condition"]["pads-8"] == pytest.approx(6 / 40)
