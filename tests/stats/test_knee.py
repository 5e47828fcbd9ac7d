"""The knee of a curve, by hand."""

import pytest

from stages.stats.curves import knee


def test_the_knee_is_the_point_furthest_above_the_chord():
    # scaled: (0, 0), (.25, .5), (.5, .9), (1, 1): .25 and .4 above the chord
    assert knee([10, 20, 30, 50], [0.5, 0.6, 0.68, 0.7]) == 2


def test_units_do_not_matter():
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
