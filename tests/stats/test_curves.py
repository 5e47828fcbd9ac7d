"""Where training fails, and the knee of a curve, by hand."""

import pytest

from stages.stats.curves import Fall, fall, knee, threshold

DOSES = [0.2, 0.5, 0.8, 0.9]


@pytest.mark.parametrize(
    ("learned", "last", "first", "middle"),
    [
        ([True, True, False, False], 0.5, 0.8, 0.65),
        # It learns again at .8, so it does not stay at chance from .5 on.
        ([True, False, True, False], 0.8, 0.9, 0.85),
        ([True, True, True, True], 0.9, None, None),
        ([False, False, False, False], None, 0.2, None),
    ],
)
def test_a_seed_falls_between_its_last_success_and_the_next_dose(learned, last, first, middle):
    found = fall(DOSES, learned)
    assert (found.last_learned, found.first_lost) == (last, first)
    assert found.midpoint == (None if middle is None else pytest.approx(middle))


def test_the_threshold_is_the_mean_midpoint_with_a_t_interval():
    found = threshold([Fall(0.2, 0.5), Fall(0.5, 0.8), Fall(0.8, 0.9)], 0.95)
    # midpoints .35, .65, .85: mean .616667, sd .251661, half width 4.302653 * .251661 / sqrt(3)
    assert found.estimate == pytest.approx(0.616667, abs=1e-6)
    assert found.interval.high - found.interval.estimate == pytest.approx(0.625161, abs=1e-5)
    assert found.bracket == (0.2, 0.9)
    assert (found.never_fell, found.never_learned) == (0, 0)


def test_a_censored_seed_leaves_a_bracket_and_no_mean():
    found = threshold([Fall(0.2, 0.5), Fall(0.5, 0.8), Fall(0.9, None), Fall(None, 0.2)], 0.95)
    assert (found.estimate, found.interval) == (None, None)
    assert (found.never_fell, found.never_learned, found.bracket) == (1, 1, (0.2, 0.8))


def test_falls_between_the_same_doses_say_nothing_of_where_between_them():
    found = threshold([Fall(0.5, 0.8)] * 3, 0.95)
    assert found.estimate == pytest.approx(0.65)
    assert (found.interval, found.bracket) == (None, (0.5, 0.8))


def test_without_a_fall_there_is_no_bracket():
    assert threshold([Fall(0.9, None)] * 2, 0.95).bracket is None


def test_the_knee_is_the_point_furthest_above_the_chord():
    # scaled: (0, 0), (.25, .5), (.5, .9), (1, 1): .25 and .4 above the chord
    assert knee([10, 20, 30, 50], [0.5, 0.6, 0.68, 0.7]) == 2


def test_units_of_the_axes_do_not_matter_to_the_knee():
    assert knee([1, 2, 3, 5], [50, 60, 68, 70]) == 2


@pytest.mark.parametrize(
    "gain",
    [
        [0.7, 0.7, 0.7],  # flat
        [0.7, 0.6, 0.5],  # falling
        [0.5, 0.52, 0.7],  # bending the other way
        [0.5, 0.6, 0.7],  # straight
    ],
)
def test_a_curve_that_does_not_level_off_has_no_knee(gain):
    assert knee([1, 2, 3], gain) is None


def test_two_points_have_no_knee():
    assert knee([1, 2], [0.5, 0.7]) is None
