"""Intervals that hold at once for many contrasts: scaled from printed ones, against those computed at that level."""

import json

import numpy as np
import pytest

from stages.stats.seed_pairs import over_seeds
from stages.sweeps.findings.effects import figure_of
from stages.sweeps.summary.factors_json import FactorsReport, LargestEffect
from stages.sweeps.summary.simultaneous import Looks
from stages.sweeps.summary.swept import Sweeps
from stages.sweeps.sweep_json_rows import Figure
from tests.conftest import committed
from tests.sweeps import planted_sweeps as planted
from tests.sweeps.test_sweep_json import FACTORS

SEEDS = np.array([0.02, 0.05, -0.01, 0.04, 0.03, np.nan])
LOOKS = Looks({"accuracy": 40, "drift_ratio": 40, "flip_rate": 40})


def widened(estimand, by_seed, *, ratio=False):
    contrast = over_seeds(np.asarray(by_seed), 0.95)
    return LOOKS.widened(figure_of(contrast, ratio=ratio), estimand, 0.95, contrast.n_seeds)


def at_once(by_seed, *, ratio=False):
    """The t interval computed at the level that 40 contrasts take."""
    return figure_of(over_seeds(np.asarray(by_seed), 1 - 0.05 / 40), ratio=ratio)


@pytest.mark.parametrize(
    ("estimand", "ratio"), [("accuracy", False), ("flip_rate", False), ("drift_ratio", True)], ids=str
)
def test_a_scaled_interval_is_that_of_the_seeds_at_its_level(estimand, ratio):
    scaled, computed = widened(estimand, SEEDS, ratio=ratio), at_once(SEEDS, ratio=ratio)
    assert (scaled.estimate, scaled.low, scaled.high) == pytest.approx(
        (computed.estimate, computed.low, computed.high), rel=1e-12
    )


def test_the_interval_of_one_contrast_is_not_widened():
    figure = figure_of(over_seeds(SEEDS, 0.95))
    alone = Looks({"accuracy": 1}).widened(figure, "accuracy", 0.95, 5)
    assert (alone.low, alone.high) == pytest.approx((figure.low, figure.high))


def test_the_largest_of_many_is_not_shown_by_an_interval_of_its_own():
    """Length cost −10.7 [−21.3, −0.2] points, the most of its sweep: shown alone, and not as one of 505."""
    alone = LargestEffect(estimate=-0.107, low=-0.213, high=-0.002, scale="difference")
    assert alone.shown
    assert not Looks({"accuracy": 505}).widened(alone, "accuracy", 0.95, 6).shown


@pytest.mark.parametrize(("low", "high"), [(-0.3, 1.0), (-1.0, 1.0), (-1.0, 0.4)])
def test_a_bound_that_was_cut_is_scaled_from_the_other(low, high):
    """Cut at 1, .4 [−.3, 1.1] has the half width .7; of six seeds 40 contrasts take 2.67 times as much."""
    estimate = {(-0.3, 1.0): 0.4, (-1.0, 1.0): 0.2, (-1.0, 0.4): -0.35}[low, high]
    cut = LOOKS.widened(Figure(estimate=estimate, low=low, high=high), "flip_rate", 0.95, 6)
    assert (cut.low, cut.high) == (-1.0, 1.0)
    small = Looks({"flip_rate": 2}).widened(Figure(estimate=0.4, low=-0.3, high=1.0), "flip_rate", 0.95, 6)
    # t(5) is 3.1634 at 1.25 % and 2.5706 at 2.5 %
    assert small.low == pytest.approx(0.4 - 0.7 * 3.1634 / 2.5706, abs=1e-4)
    assert small.high == 1.0


@pytest.mark.parametrize("by_seed", [[0.1], [0.1, 0.1, 0.1], [np.nan, np.nan], [0.0, 0.0, 0.0]])
def test_what_has_no_interval_gets_none_and_what_is_exact_stays_exact(by_seed):
    assert widened("accuracy", by_seed) == figure_of(over_seeds(np.array(by_seed), 0.95))


def test_an_interval_of_one_seed_over_texts_is_left_out():
    alone = Figure(estimate=-0.2, low=-0.25, high=-0.15)
    assert LOOKS.widened(alone, "accuracy", 0.95, 1) == Figure(estimate=-0.2, low=None, high=None)


def test_a_ratio_whose_interval_says_nothing_has_none():
    """Two seeds a hundred times apart: t(1) at 40 contrasts reaches e^1,170 beyond the mean."""
    figure = widened("drift_ratio", np.log([1.0, 100.0]), ratio=True)
    assert (figure.estimate, figure.low, figure.high) == (pytest.approx(10.0), None, None)


@pytest.mark.parametrize(
    ("record", "count"),
    [
        # Two heads against the first, over all and in four combinations of side and variant, which is 10; the mask over
        # all and on two sides, 3; sides are alike in every seed, so EXACT; and what a mask gains at 4 of the heads' 10.
        (planted.downstream, 17),
        # One width: the mask over all and on two sides, 3; the unmasked model served on the other side, 2.
        (planted.mismatch, 5),
    ],
)
def test_every_contrast_that_could_be_told_is_counted(record, count):
    looks = Looks.at(Sweeps.of("synthetic", [record()]))
    assert looks.contrasts["accuracy"] == count
    assert looks.level("accuracy", 0.95) == pytest.approx(1 - 0.05 / count)


def test_contrasts_of_all_sweeps_add_up():
    both = Looks.at(Sweeps.of("synthetic", [planted.downstream(), planted.mismatch()]))
    assert both.contrasts["accuracy"] == 17 + 5


@pytest.mark.parametrize("path", FACTORS)
def test_what_is_committed_is_shown_where_its_interval_excludes_no_effect(path):
    report = FactorsReport.from_json(json.loads(committed(path)))
    shown = [factor.lead for factor in report.factors if factor.lead.shown]
    assert all(effect.high < 0 for effect in shown if effect.scale == "difference")
    assert all(str(count) in committed(path.replace(".json", ".md")) for count in report.contrasts.values())
