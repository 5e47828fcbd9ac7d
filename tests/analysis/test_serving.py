"""Verdicts on serving a model otherwise than it was trained, and where differences have no spread."""

import numpy as np
import pytest

from stages.analysis.verdicts import NOTHING_SEEN_METHOD, verdicts
from stages.stats.intervals import wilson
from tests.analysis.planted import cell_of, condition, in_json, predictions, seed_result

verdicts = in_json(verdicts)

pytestmark = pytest.mark.filterwarnings("error")

TEXTS = 1000
CONDITIONS = {"pads-8": 8, "as-trained": None}
LABEL = [0, 1] * (TEXTS // 2)


def guess(wrong):
    rows = set(wrong)
    return [1 - label if text in rows else label for text, label in enumerate(LABEL)]


def seed(number, trained, served, *, alone=(), sure=0.8, correct=900):
    """Wrong on these texts as trained, with 8 pads, and alone."""
    return seed_result(
        number,
        {
            "pads-8": condition(None, predictions(LABEL, guess(alone), guess(served), sure)),
            "as-trained": condition(None, predictions(LABEL, guess(alone), guess(trained), sure)),
        },
        correct,
    )


def serving(make_params, seeds, name="pads-8", **changes):
    records = verdicts([cell_of(make_params, seeds)], CONDITIONS, make_params(changes).analyze)
    (record,) = [each for each in records if each["estimand"] == "accuracy_change" and each["condition"] == name]
    return record


def drawn(number, share):
    return np.flatnonzero(np.random.default_rng(number).random(TEXTS) < share)


def test_predictions_that_do_not_move_are_exact(make_params):
    """Whether the model learned or not."""
    for correct in (900, 500):
        record = serving(make_params, [seed(number, [], [], correct=correct) for number in range(3)])
        assert (record["word"], record["estimate"], record["largest_change"]) == ("EXACT", 0, 0)
    assert serving(make_params, [seed(0, [], [], sure=0.8 + 2e-6)])["word"] != "EXACT"


def test_a_loss_of_a_fifth_of_the_texts_is_different(make_params):
    record = serving(make_params, [seed(number, [], drawn(number, 0.2)) for number in range(3)])
    expected = -np.mean([len(drawn(number, 0.2)) for number in range(3)]) / TEXTS
    assert record["estimate"] == pytest.approx(expected)
    assert record["word"] == "DIFFERENT"
    assert record["low"] < -0.2 < record["high"] < -0.1


def test_the_change_is_against_the_text_padded_as_trained_and_not_the_text_alone(make_params):
    """Alone every text is right; as trained and with 8 pads nearly the same fifth is wrong."""
    seeds = [seed(n, drawn(n, 0.2), drawn(n, 0.2)[1:], alone=()) for n in range(3)]
    record = serving(make_params, seeds)
    assert (record["estimate"], record["word"]) == (pytest.approx(1 / TEXTS), "EQUIVALENT")
    alone = serving(make_params, seeds, "pads-0")
    assert alone["estimate"] == pytest.approx(np.mean([len(drawn(n, 0.2)) for n in range(3)]) / TEXTS)
    assert alone["word"] == "DIFFERENT"


def test_there_is_no_verdict_of_the_text_as_trained_against_itself(make_params):
    records = verdicts([cell_of(make_params, [seed(0, [], [1])])], CONDITIONS, make_params().analyze)
    found = [each["condition"] for each in records if each["estimand"] == "accuracy_change"]
    assert found == ["pads-0", "pads-8"]


def test_where_no_text_turned_the_bounds_are_those_of_none_of_n(make_params):
    """Probabilities move, but no class does: of 1000 texts at most 2.7 in 1000 at a one-sided 5 %."""
    record = serving(make_params, [seed(number, [], [], sure=0.7) for number in range(3)])
    width = wilson(0, TEXTS, 0.95).high
    assert (record["estimate"], record["low"], record["high"]) == (0, pytest.approx(-width), pytest.approx(width))
    assert record["smallest_epsilon"] == pytest.approx(wilson(0, TEXTS, 0.9).high)
    assert (record["word"], record["method"]) == ("EQUIVALENT", NOTHING_SEEN_METHOD)
    strict = serving(
        make_params,
        [seed(number, [], [], sure=0.7) for number in range(3)],
        **{"analyze.epsilon.accuracy": 0.9 * record["smallest_epsilon"]},
    )
    assert strict["word"] == "INCONCLUSIVE"


def test_where_every_text_turned_the_change_is_not_said_to_be_none(make_params):
    """No group of texts differs from another, so nothing varies: yet all of them are lost."""
    record = serving(make_params, [seed(number, [], range(TEXTS)) for number in range(3)])
    assert (record["estimate"], record["word"]) == (-1, "DIFFERENT")
    assert record["low"] < -1 + 1e-12 < record["high"] < -0.99
    assert record["method"] != NOTHING_SEEN_METHOD


def test_at_chance_serving_says_nothing(make_params):
    record = serving(make_params, [seed(number, [], drawn(number, 0.2), correct=500) for number in range(3)])
    assert (record["word"], record["estimate"]) == ("UNDEFINED", None)
    assert "no seed learned" in record["reason"]


def test_one_model_says_so(make_params):
    record = serving(make_params, [seed(0, [], drawn(0, 0.2))])
    assert record["method"].startswith("one trained model; ")
    assert record["word"] == "DIFFERENT"
