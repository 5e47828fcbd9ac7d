"""Values of single units: of which models, and which."""

import numpy as np
import pytest

from stages.analysis.memory_facts import unit_facts
from stages.stats.rounding import finite
from tests.analysis.planted import cell_of, condition, in_json, seed_result

unit_facts = in_json(unit_facts)

pytestmark = pytest.mark.filterwarnings("error")

CONDITIONS = {"pads-2": 2, "pads-8": 8, "as-trained": None}
ALONE = np.array([[0.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
DELTA = np.array([[1.0, 0.0], [2.0, 0.5], [3.0, 1.0]])


def conditions(moves=True, states=("h_lstm_1", "c_lstm_1", "h_lstm_2", "c_lstm_2", "head")):
    """The hidden state of the second layer moves by Δ at 8 pads and half as much at 2, all others by ten times that."""

    def at(scale):
        factor = {name: scale * moves * (1 if name == "h_lstm_2" else 10) for name in states}
        return condition({name: (ALONE, ALONE + factor[name] * DELTA) for name in states})

    return {"pads-2": at(0.5), "pads-8": at(1), "as-trained": at(3)}


def cell(make_params, variant="baseline", correct=(900, 900), moves=(True, True), side="post", first=0):
    seeds = [
        seed_result(first + number, conditions(move), right)
        for number, (right, move) in enumerate(zip(correct, moves, strict=True))
    ]
    return cell_of(make_params, seeds, variant, side)


def of(cells):
    return unit_facts(cells, {each.side: each for each in cells if each.variant == "baseline"}, CONDITIONS, 1e-6)


def named(records):
    return {(each["side"], each["variant"], each["seed"], each["pads"]) for each in records}


def test_the_units_of_the_last_hidden_state_by_hand(make_params):
    """h⁰ = 0, 2, 4 of standard deviation 2 and Δ = 1, 2, 3 of mean 2 and standard deviation 1."""
    (record,) = [each for each in of([cell(make_params)]) if (each["seed"], each["pads"]) == (0, 8)]
    assert record["state"] == "h_lstm_2"
    assert record["effect"] == pytest.approx([2, 1])
    assert record["shift"][0] == pytest.approx(1)
    assert record["largest"] == [3, 1]


def test_a_unit_that_is_constant_alone_has_no_shift_in_the_report(make_params):
    (record,) = [each for each in of([cell(make_params)]) if (each["seed"], each["pads"]) == (0, 8)]
    assert np.isnan(record["shift"][1])
    assert finite(record)["shift"] == [pytest.approx(1), None]
    assert finite(record)["effect"] == record["effect"]


def test_every_seed_that_learned_at_every_number_of_pads_but_not_as_trained(make_params):
    found = of([cell(make_params, correct=(900, 500), first=3)])
    assert named(found) == {("post", "baseline", 3, 2), ("post", "baseline", 3, 8)}


def test_copies_of_the_baseline_of_the_same_side_are_left_out(make_params):
    """On the other side the same variant has no baseline, or one of which it is no copy."""
    base, copy, other = (
        cell(make_params),
        cell(make_params, "double_mask"),
        cell(make_params, "double_mask", side="pre"),
    )
    assert {each["variant"] for each in of([base, copy])} == {"baseline"}
    assert {(each["side"], each["variant"]) for each in of([base, copy, other])} == {
        ("post", "baseline"),
        ("pre", "double_mask"),
    }
    differing = cell(make_params, "double_mask", correct=(901, 900))
    assert {each["variant"] for each in of([base, differing])} == {"baseline", "double_mask"}


def test_models_that_do_not_move_are_left_out(make_params):
    masked = cell(make_params, "masked", moves=(False, False))
    assert {each["variant"] for each in of([cell(make_params), masked])} == {"baseline"}
    assert of([cell(make_params, moves=(False, False))]) == []


def test_nothing_that_learned_is_nothing(make_params):
    assert of([cell(make_params, correct=(500, 500))]) == []
