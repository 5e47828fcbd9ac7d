"""How alike two models are, read from their states on disk: planted copies, rotations and strangers."""

import numpy as np
import pytest
from scipy import stats

from stages.analysis.similarities import (
    WIDEST,
    Comparison,
    PairSimilarity,
    SimilarityTask,
    comparisons,
    read_vector,
    similarity_facts,
    similarity_of,
)
from stages.errors import UserError
from stages.runtime.paths import AS_TRAINED, states_file, states_of
from stages.states.schema import StatesMetadata
from stages.states.writer import states_writer
from stages.stats.similarity import Jackknifed
from tests.analysis.planted import in_json

similarity_facts = in_json(similarity_facts)

pytestmark = pytest.mark.filterwarnings("error")

ONE, TWO = ("baseline", 0), ("masked", 1)
PAIR = Comparison("post", "variants", ("baseline", "masked"), [(ONE, TWO)])


def write(root, model, head, *, hidden=None, text_id=None, names=("h_lstm_1", "head")):
    n = len(head)
    vectors = dict(zip(names, (head if hidden is None else hidden, head), strict=True))
    widths = {"probability": 2, **{name: values.shape[1] for name, values in vectors.items()}}
    metadata = StatesMetadata("post", *model, AS_TRAINED, ("no", "yes"), "", "", widths)
    columns = {
        "text_id": np.arange(n) if text_id is None else text_id,
        **{name: np.ones(n, np.int32) for name in ("label", "length", "pads")},
        "probability": np.full((n, 2), 0.5),
        **vectors,
    }
    path = states_file(states_of(root, "post", *model), AS_TRAINED)
    with states_writer(path, metadata) as writer:
        for rows in np.array_split(np.arange(n), 3):
            writer.add({name: values[rows] for name, values in columns.items()}, "test")
    return path


def drawn(seed, n=1500, width=4):
    return np.random.default_rng(seed).normal(size=(n, width)) * np.arange(1, width + 1)


def compared(root, one, two):
    write(root, ONE, one)
    write(root, TWO, two)
    return similarity_of(SimilarityTask(root, "post", ONE, TWO))


def test_a_model_equals_itself(tmp_path):
    states = drawn(0)
    found = compared(tmp_path, states, states)
    assert found.cka.estimate == pytest.approx(1)
    assert found.procrustes.estimate == pytest.approx(0, abs=1e-6)
    assert len(found.cka.without_group) == len(found.procrustes.without_group) == 50
    np.testing.assert_allclose(found.cka.without_group, 1)


def test_a_rotation_a_scale_and_an_offset_change_nothing(tmp_path):
    states = drawn(0)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    found = compared(tmp_path, states, 3 * states @ rotation + 5)
    assert found.cka.estimate == pytest.approx(1, abs=1e-5)
    assert found.procrustes.estimate == pytest.approx(0, abs=1e-3)


def test_strangers_share_nothing(tmp_path):
    found = compared(tmp_path, drawn(0), drawn(1))
    assert abs(found.cka.estimate) < 0.01
    assert found.procrustes.estimate > 1.4


def test_half_of_what_two_models_hold_in_common(tmp_path):
    """Two orthogonal units, of which the other model has one: by hand ‖Cxy‖² / (‖Cxx‖ ‖Cyy‖)."""
    shared, own, other = np.random.default_rng(0).normal(size=(3, 4000, 1))
    found = compared(tmp_path, np.hstack([shared, own]), np.hstack([shared, other]))
    # ‖Cxy‖² = 1, ‖Cxx‖² = ‖Cyy‖² = 2: CKA ½; ‖Cxy‖_* = 1, tr = 2: the angle is arccos ½.
    assert found.cka.estimate == pytest.approx(0.5, abs=0.05)
    assert found.procrustes.estimate == pytest.approx(np.pi / 3, abs=0.05)


def test_what_the_classifier_reads_is_compared_and_otherwise_the_last_state(tmp_path):
    states = drawn(0)
    path = write(tmp_path, ONE, states, hidden=drawn(3))
    write(tmp_path, TWO, states, hidden=drawn(4))
    assert read_vector(path) == "head"
    wide = drawn(0, n=9, width=WIDEST + 1)
    assert read_vector(write(tmp_path / "wide", ONE, wide, hidden=states[:9])) == "h_lstm_1"
    assert similarity_of(SimilarityTask(tmp_path, "post", ONE, TWO)).cka.estimate == pytest.approx(1)
    assert read_vector(write(tmp_path, ONE, states, names=("h_lstm_1", "c_lstm_1"))) == "c_lstm_1"


def test_other_texts_are_one_sentence(tmp_path):
    states = drawn(0, n=30)
    write(tmp_path, ONE, states)
    write(tmp_path, TWO, states, text_id=np.arange(30)[::-1])
    with pytest.raises(UserError, match="do not hold the same texts"):
        similarity_of(SimilarityTask(tmp_path, "post", ONE, TWO))


def test_only_seeds_that_learned_are_paired():
    learned = {
        ("pre", "baseline"): [0, 1, 3],
        ("pre", "masked"): [1, 2, 3],
        ("post", "baseline"): [4],
        ("post", "masked"): [],
    }
    found = {
        (each.side, each.of, each.names): each.pairs
        for each in comparisons(("pre", "post"), ("baseline", "masked"), learned)
    }
    base, mask = "baseline", "masked"
    assert found == {
        ("pre", "variants", (base, mask)): [((base, 1), (mask, 1)), ((base, 3), (mask, 3))],
        ("pre", "seeds", (base, base)): [((base, 0), (base, 1)), ((base, 0), (base, 3)), ((base, 1), (base, 3))],
        ("pre", "seeds", (mask, mask)): [((mask, 1), (mask, 2)), ((mask, 1), (mask, 3)), ((mask, 2), (mask, 3))],
        ("post", "variants", (base, mask)): [],
        ("post", "seeds", (base, base)): [],
        ("post", "seeds", (mask, mask)): [],
    }


def test_three_variants_are_compared_two_by_two():
    variants = ("baseline", "masked", "double_mask")
    found = comparisons(("post",), variants, {("post", each): [0] for each in variants})
    assert [each.names for each in found if each.of == "variants"] == [
        ("baseline", "masked"),
        ("baseline", "double_mask"),
        ("masked", "double_mask"),
    ]


def test_no_more_than_ten_seeds_are_compared_with_each_other():
    (found,) = comparisons(("post",), ("baseline",), {("post", "baseline"): list(range(12))})
    assert len(found.pairs) == 45
    assert max(seed for pair in found.pairs for _, seed in pair) == 9


def jackknife(estimate, *without):
    return Jackknifed(estimate, np.array(without))


def test_the_mean_over_pairs_lies_within_its_bounds():
    found = [
        PairSimilarity(jackknife(0.8, 0.79, 0.81), jackknife(0.5, 0.49, 0.51)),
        PairSimilarity(jackknife(0.9, 0.91, 0.89), jackknife(0.3, 0.31, 0.29)),
    ]
    record = similarity_facts(PAIR, found, 0.95)
    assert (record["side"], record["of"], record["one"], record["two"]) == ("post", "variants", "baseline", "masked")
    assert (record["condition"], record["pairs"]) == ("as-trained", 2)
    assert record["cka"]["estimate"] == pytest.approx(0.85)
    assert record["procrustes"]["estimate"] == pytest.approx(0.4)
    # Two pairs a tenth apart: Student's t with one degree of freedom reaches past what both can be.
    assert (record["cka"]["high"], record["procrustes"]["low"]) == (1, 0)
    assert record["cka"]["low"] == pytest.approx(0.85 - 12.706 * 0.05, abs=0.02)


def test_pairs_of_seeds_share_their_seeds():
    """Without the first seed .4 is left, then .6, then .8: a variance of ⅔ · (.2² + .2²), with 2 degrees."""
    seeds = Comparison("post", "seeds", ("baseline", "baseline"), [])
    found = [PairSimilarity(*[jackknife(each, each, each)] * 2) for each in (0.8, 0.6, 0.4)]
    record = similarity_facts(seeds, found, 0.5)
    half = stats.t.ppf(0.75, 2) * np.sqrt(0.16 / 3)
    assert record["cka"]["estimate"] == pytest.approx(0.6)
    assert (record["cka"]["low"], record["cka"]["high"]) == (pytest.approx(0.6 - half), pytest.approx(0.6 + half))
    # Pairs of variants are independent: their standard error is .2 / √3.
    pairs = similarity_facts(PAIR, found, 0.5)["cka"]
    assert pairs["high"] - 0.6 == pytest.approx(stats.t.ppf(0.75, 2) * 0.2 / np.sqrt(3))


def test_one_pair_has_the_interval_of_its_texts():
    """Two groups: the jackknife's variance is ½ · 2 · .01², with one degree of freedom."""
    record = similarity_facts(PAIR, [PairSimilarity(*[jackknife(0.5, 0.49, 0.51)] * 2)], 0.95)
    assert record["pairs"] == 1
    assert record["cka"]["high"] - 0.5 == pytest.approx(12.7062 * 0.01, rel=1e-4)


@pytest.mark.parametrize(
    "found",
    [
        [],
        [jackknife(0.5, 0.5)],
        [jackknife(np.nan, 0.5, 0.5)],
        [jackknife(0.5, 0.5, np.nan)],
        [jackknife(0.5, 0.4, 0.6), jackknife(np.nan, np.nan, np.nan)],
    ],
    ids=["no pair", "one group", "undefined", "undefined without a group", "undefined in one pair"],
)
def test_what_is_undefined_is_none(found):
    record = similarity_facts(PAIR, [PairSimilarity(each, each) for each in found], 0.95)
    assert (record["cka"], record["procrustes"], record["pairs"]) == (None, None, len(found))


@pytest.mark.parametrize("texts", [1, 2, 4])
def test_few_texts_and_constant_states_are_none(tmp_path, texts):
    few = compared(tmp_path, drawn(0, n=texts), drawn(1, n=texts))
    assert similarity_facts(PAIR, [few], 0.95)["cka"] is None
    constant = compared(tmp_path, np.full((60, 4), 0.3), drawn(1, n=60))
    record = similarity_facts(PAIR, [constant], 0.95)
    assert (record["cka"], record["procrustes"]) == (None, None)
