"""What a row holds of its experiment's report.json."""

from dataclasses import replace

import numpy as np
import pytest

from stages.stats.verdicts import Verdict
from stages.sweeps.findings.rows import NOT_MEASURED, rows_of
from tests.sweeps.outcomes import EXACT, cell, report


def rows(*cells, levels=None, **figures):
    return rows_of(report(*cells, **figures), levels or {"model.units": "32"})


def test_a_row_is_a_side_and_variant_at_a_point():
    found = rows(cell(side="pre"), cell(side="post", variant="masked"))
    assert [row.levels for row in found] == [
        {"model.units": "32", "side": "pre", "variant": "baseline"},
        {"model.units": "32", "side": "post", "variant": "masked"},
    ]


def test_a_row_holds_what_the_report_says():
    row = rows(cell(accuracy=(0.7, 0.8, 0.9)), max_len=96, share=0.86, truncated=0.25)[0]
    assert (row.max_len, row.padding_share, row.truncated_share) == (96, 0.86, 0.25)
    assert row.accuracy.estimate == pytest.approx(0.8)
    # sd .1, three seeds
    assert row.accuracy.high == pytest.approx(0.8 + 0.2484138)
    assert (row.computed_tokens, row.text_tokens) == (3000, 1000)
    assert row.drift_ratio.estimate == pytest.approx(2)  # the geometric mean of 1, 2, 4
    assert (row.drift_ratio.verdict, row.drift_ratio.reason) == (None, None)


def test_training_and_validation_accuracy_are_means_over_seeds_within_0_and_1():
    row = rows(cell(train=(0.98, 0.99, 1.0), validation=(0.6, 0.7, 0.8)))[0]
    assert row.train_accuracy.estimate == pytest.approx(0.99)
    assert row.train_accuracy.high == 1.0
    assert row.validation_accuracy.estimate == pytest.approx(0.7)


def test_a_seed_at_chance_has_no_drift_and_no_flips():
    row = rows(cell(learned=[True, False, True], drift=(1.0, 2.0, 4.0)))[0]
    assert row.n_seeds_at_chance == 1
    np.testing.assert_equal(row.by_seed("drift_ratio", [0, 1, 2]), [1.0, np.nan, 4.0])
    np.testing.assert_equal(row.by_seed("flip_rate", [0, 1, 2]), [0.02, np.nan, 0.04])
    np.testing.assert_equal(row.by_seed("accuracy", [0, 1, 2]), [0.80, 0.82, 0.84])


def test_a_row_at_chance_is_undefined_with_its_reason():
    row = rows(cell(learned=[False] * 3))[0]
    assert row.drift_ratio.verdict == "UNDEFINED"
    assert row.drift_ratio.estimate is None
    assert "beat chance" in row.drift_ratio.reason


def test_rounding_below_the_tolerance_is_an_exact_0_in_every_seed():
    row = rows(cell(variant="masked", drift=EXACT, flips=EXACT))[0]
    assert row.drift_ratio.verdict is Verdict.EXACT
    assert row.unmoved("drift_ratio")
    assert row.by_seed("drift_ratio", [0, 1, 2]).tolist() == [0.0, 0.0, 0.0]


def test_a_row_is_exact_where_nothing_moves_however_it_is_served():
    """`max` behind a mask: 16 pads move nothing, the other side moves predictions, and `make gate` reads both."""
    still, moved = (
        {"estimate": 0.0, "low": 0.0, "high": 0.0, "verdict": "EXACT"},
        {"estimate": 0.0, "low": -0.01, "high": 0.01},
    )
    unmoved = {"variant": "masked", "drift": EXACT, "flips": EXACT}
    assert rows(cell(**unmoved, change={"pads-0": still, "other-side": still}))[0].exact
    assert not rows(cell(**unmoved, change={"pads-0": still, "other-side": moved}))[0].exact
    assert not rows(cell(drift=EXACT))[0].exact


def test_a_seed_that_a_row_does_not_have_is_undefined():
    assert np.isnan(rows(cell())[0].by_seed("accuracy", [7])).all()


def test_without_a_recurrent_layer_there_is_no_state_to_drift():
    row = rows(cell(variant="cnn", recurrent="none", head="conv"))[0]
    assert row.state_drift is None
    assert not row.unmoved("state_drift")
    assert not row.recurrent


def test_the_state_and_what_the_classifier_reads_may_differ():
    row = rows(cell(variant="masked", head="mean_naive", drift=(0.1, 0.2, 0.4), state=EXACT))[0]
    assert (row.unmoved("drift_ratio"), row.unmoved("state_drift")) == (False, True)


def test_what_was_not_measured_is_undefined():
    row = rows_of(replace(report(cell()), verdicts=[]), {})[0]
    assert row.drift_ratio.reason == NOT_MEASURED
    assert row.accuracy_change == {}


@pytest.mark.parametrize(
    ("mask", "masked"),
    [
        ("none", False),
        ("embedding", True),
        ("embedding+masking", False),
        ("masking_on_zeroed_row", True),
        ("explicit", True),
    ],
)
def test_the_recipe_of_two_masks_masks_nothing(mask, masked):
    assert rows(cell(mask=mask))[0].masked is masked
