"""The marks of all figures: what an axis of ratios holds, where 0 stands on it, and what is drawn of an interval."""

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import (
    BEYOND,
    band,
    intervals,
    line,
    name_rows,
    points,
    ratio_axis,
    scaled,
    seed_dots,
)
from stages.reporting.figures.style import LOOKS, STYLE, variant_looks

KEEP = (0.005, 0.02)
"""An ε of 0.01 with room on both sides."""


@pytest.fixture
def axes():
    with mpl.rc_context(STYLE):
        yield Figure(figsize=(4, 4)).subplots()


def estimate(value, low=None, high=None):
    return Estimate(value, low, high)


def ticks(axis):
    return dict(zip([label.get_text() for label in axis.get_ticklabels()], axis.get_ticklocs(), strict=True))


def test_an_exact_zero_stands_below_everything_else_and_is_named(axes):
    axis = ratio_axis([axes], "y", [estimate(0.0, 0.0, 0.0), estimate(2.0, 1.0, 4.0)], seeds=[0.5], keep=KEEP)
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log"
    assert low < axis.zero < axis.low < 0.005
    assert high > 4
    assert ticks(axes.yaxis)["0, exact"] == axis.place(0.0) == axis.zero
    assert axis.place(0.5) == 0.5
    assert axis.cut(estimate(0.0, 0.0, 0.0)) == estimate(axis.zero)


def test_without_a_zero_no_place_is_named_so(axes):
    axis = ratio_axis([axes], "x", [estimate(2.0, 1.0, 4.0)], keep=KEEP)
    assert axis.zero is None
    assert axes.get_xlim() == (axis.low, axis.high)
    assert axes.get_yscale() == "linear"
    assert all(float(text) == pytest.approx(value) for text, value in ticks(axes.xaxis).items())


def test_a_seed_of_zero_has_the_place_of_zero_too(axes):
    axis = ratio_axis([axes], "y", [estimate(2.0)], seeds=[0.0, 3.0], keep=KEEP)
    assert axis.zero is not None


def test_what_must_be_kept_is_inside_where_all_estimates_lie_far_above(axes):
    ratio_axis([axes], "y", [estimate(500.0, 400.0, 600.0)], keep=KEEP)
    low, high = axes.get_ylim()
    assert low < KEEP[0] < 600 < high


def test_an_interval_far_beyond_all_estimates_leaves_the_panel_at_its_edges(axes):
    wide = estimate(1.0, 1e-12, 1e12)
    axis = ratio_axis([axes], "y", [wide, estimate(0.0, 0.0, 0.0)], keep=KEEP)
    low, high = axes.get_ylim()
    assert low > 0.005 / BEYOND**2
    assert high == pytest.approx(1.3 * BEYOND)
    assert axis.cut(wide) == estimate(1.0, low, high)
    assert axis.cut(estimate(1.0, 0.5, 2.0)) == estimate(1.0, 0.5, 2.0)
    assert axis.cut(estimate(1.0)) == estimate(1.0)


@pytest.mark.parametrize(
    ("lowest", "highest", "expected"),
    (
        (0.9, 1.9, [1.0, 2.0]),
        (0.02, 0.4, [0.02, 0.05, 0.1, 0.2, 0.5]),
        (0.009, 1.0, [0.01, 0.03, 0.1, 0.3, 1.0]),
        (1e-4, 10.0, [1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0]),
        (1e-6, 100.0, [1e-6, 1e-4, 1e-2, 1.0, 100.0]),
    ),
)
def test_ticks_are_the_finest_round_numbers_of_which_no_more_than_six_fit(lowest, highest, expected, axes):
    ratio_axis([axes], "y", [estimate(lowest), estimate(highest)], keep=(lowest, highest))
    assert list(ticks(axes.yaxis).values()) == pytest.approx(expected)


def test_an_estimate_without_an_interval_has_a_mark_and_no_stroke(axes):
    placed = [(0, estimate(1.0)), (1, estimate(2.0, 1.5, 2.5))]
    intervals(axes, placed, "#111111")
    points(axes, placed, LOOKS[0])
    (strokes,) = axes.collections
    assert [path.vertices.tolist() for path in strokes.get_paths()] == [[[1, 1.5], [1, 2.5]]]
    (marks,) = axes.lines
    assert list(marks.get_ydata()) == [1, 2]


def test_across_rows_an_interval_lies_along_x(axes):
    intervals(axes, [(3, estimate(2.0, 1.5, 2.5))], "#111111", across=True)
    points(axes, [(3, estimate(2.0, 1.5, 2.5))], LOOKS[0], across=True, hollow=True)
    assert axes.collections[0].get_paths()[0].vertices.tolist() == [[1.5, 3], [2.5, 3]]
    assert (list(axes.lines[0].get_xdata()), list(axes.lines[0].get_ydata())) == ([2], [3])
    assert axes.lines[0].get_markerfacecolor() == "white"


def test_nothing_is_drawn_of_nothing(axes):
    band(axes, [], "#111111")
    line(axes, [], LOOKS[0])
    points(axes, [], LOOKS[0])
    seed_dots(axes, [], LOOKS[0])
    intervals(axes, [(0, estimate(1.0))], "#111111")
    assert not axes.lines, "an empty line that is not clipped would break the layout"
    assert not axes.collections


def test_an_estimate_in_percent_keeps_what_it_has_no_bounds_for():
    assert scaled(estimate(0.5, 0.25, None), 100) == estimate(50.0, 25.0, None)


def test_the_first_row_stands_on_top(axes):
    name_rows(axes, ["one", "two"])
    low, high = axes.get_ylim()
    assert low > high
    assert ticks(axes.yaxis) == {"one": 0, "two": 1}


def test_variants_of_the_default_run_look_the_same_in_every_run():
    default = variant_looks(["baseline", "masked", "double_mask"])
    other = variant_looks(["explicit", "masked", "cnn", "double_mask"])
    assert {name: other[name] for name in ("masked", "double_mask")} == {
        name: default[name] for name in ("masked", "double_mask")
    }
    assert len({look.colour for look in other.values()}) == 4


def test_as_many_variants_as_there_are_looks_all_look_different():
    names = ["a", "b", "baseline", "c", "d", "e", "f"]
    assert len({look.colour for look in variant_looks(names).values()}) == len(names) == len(LOOKS)
