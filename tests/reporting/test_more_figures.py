"""What can be read off each figure behind drift, flips and accuracy: points, marks, order and words."""

import math
from dataclasses import replace

import matplotlib as mpl
import pytest
from matplotlib.collections import LineCollection

from stages.analysis.contract_memory import TextTrajectory
from stages.analysis.contract_texts import Lengths, TrainingLengths
from stages.analysis.estimate import Estimate
from stages.reporting.figures.accuracies import mismatch_figure
from stages.reporting.figures.batches import cost_figure, lengths_figure, shares
from stages.reporting.figures.calibration import calibration_figure
from stages.reporting.figures.forgetting import forgetting_figure
from stages.reporting.figures.probes import padcount_figure, probes_figure
from stages.reporting.figures.style import STYLE
from stages.reporting.figures.trajectories import path_figure
from stages.reporting.figures.verdict_forest import verdicts_figure
from tests.reporting.analyses import EXACT, LEAK, NOTHING, UNCLEAR, WORSE, with_cells, with_report

ONE_SIDE = {"pad.sides": ["post"]}
BASELINE, MASKED = "#D55E00", "#0072B2"


@pytest.fixture
def more(deep_results):
    """A report of models that were also served otherwise than trained, with a leak if nothing else is asked for."""

    def make(changes=None, **outcome):
        return deep_results(changes, **{"drift": LEAK} | outcome)

    return make


def panels(draw, found):
    with mpl.rc_context(STYLE):
        figure = draw(found)
        figure.draw_without_rendering()
    return figure.axes


def texts(axes):
    return [each.get_text() for each in axes.texts]


def intervals(axes):
    """Both ends of every stroke along an interval."""
    strokes = [each for each in axes.collections if isinstance(each, LineCollection)]
    return [segment.tolist() for each in strokes for segment in each.get_segments()]


def of_baseline(found, change):
    """The same report with another baseline."""
    return with_cells(found, lambda cell: change(cell) if cell.variant == "baseline" else cell)


def markers(axes, marker, colour=None):
    return [
        line for line in axes.lines if line.get_marker() == marker and (colour is None or line.get_color() == colour)
    ]


def test_the_forest_has_a_row_for_each_side_and_a_panel_for_each_question(more):
    leak, gain, serving = panels(verdicts_figure, more(gain=WORSE))
    assert [label.get_text() for label in leak.get_yticklabels()] == ["pre-padding", "post-padding"]
    assert leak.get_ylim()[0] > leak.get_ylim()[1], "the first row stands on top"
    assert [line.get_xdata()[0] for line in markers(leak, "s")] == [0.3846] * 2
    assert [line.get_xdata()[0] for line in markers(gain, "s")] == pytest.approx([-8.0] * 2)
    assert [line.get_xdata()[0] for line in markers(serving, "s")] == pytest.approx([-6.0] * 2)
    assert [[x for x, _ in stroke] for stroke in intervals(gain)] == [pytest.approx([-10, -6])] * 2


def test_an_exact_verdict_is_a_diamond_on_zero(more):
    leak, gain, serving = panels(verdicts_figure, more(drift=EXACT, gain=EXACT))
    (mark, _) = markers(leak, "D")
    shown = dict(zip(leak.get_xticks(), [label.get_text() for label in leak.get_xticklabels()], strict=True))
    assert shown[mark.get_xdata()[0]] == "0"
    assert {line.get_xdata()[0] for line in [*markers(gain, "D"), *markers(serving, "D")]} == {0.0}


def test_what_is_undefined_stands_in_words_and_what_is_unclear_is_hollow(more):
    leak, gain, _ = panels(verdicts_figure, more(drift=UNCLEAR, gain=NOTHING))
    assert {line.get_markerfacecolor() for line in markers(leak, "o")} == {"white"}
    assert texts(gain) == ["UNDEFINED"] * 2
    every = panels(verdicts_figure, more({"train.variants": ["masked"]}))
    assert [texts(axes) for axes in every] == [["UNDEFINED"] * 2] * 3


def test_forgetting_draws_both_kinds_of_pairs_from_one_on(more):
    (axes,) = panels(forgetting_figure, more(ONE_SIDE))
    curves = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_linestyle() for line in curves] == ["-", "--"]
    assert [len(line.get_xdata()) for line in curves] == [8, 8]
    assert all(line.get_ydata()[0] == 1 for line in curves)
    assert axes.get_yscale() == "log"


def test_forgetting_leaves_out_what_no_seed_defines(more):
    def undefined(cell):
        points = list(cell.forgetting.points)
        points[3] = replace(points[3], between=None)
        return replace(cell, forgetting=replace(cell.forgetting, points=points))

    (axes,) = panels(forgetting_figure, of_baseline(more(ONE_SIDE), undefined))
    assert [len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"] == [8, 7]


def test_a_path_begins_hollow_and_ends_filled(more):
    found = more(ONE_SIDE)
    (axes,) = panels(path_figure, found)
    of_class = [text for text in found.cells[0].path.texts if text.label == 0]
    hollow, filled = markers(axes, "o", BASELINE)
    assert (hollow.get_markerfacecolor(), filled.get_markerfacecolor()) == ("white", BASELINE)
    assert list(hollow.get_xdata()) == [text.x[0] for text in of_class]
    assert list(filled.get_ydata()) == [text.y[-1] for text in of_class]
    assert axes.get_title() == "baseline, post-padding, seed 0"
    assert "(61 %)" in axes.get_xlabel()


def test_a_path_points_where_it_goes(more):
    way = TextTrajectory(label=0, pads=[0, 1, 2], x=[0.0, 1.0, 1.0], y=[0.0, 0.0, 3.0])
    still = TextTrajectory(label=1, pads=[0, 1, 2], x=[2.0] * 3, y=[2.0] * 3)
    found = of_baseline(more(ONE_SIDE), lambda cell: replace(cell, path=replace(cell.path, texts=[way, still])))
    (axes,) = panels(path_figure, found)
    (head,) = [line for line in axes.lines if isinstance(line.get_marker(), tuple)]
    assert (head.get_xdata()[0], head.get_ydata()[0]) == (1.0, 1.0), "halfway along 1 + 3"
    assert head.get_marker() == (3, 0, 0), "the triangle of matplotlib points up, as the path does there"


def test_paths_hold_at_most_500_points_a_panel_and_four_panels(more):
    variants = {name: {"mask": "none"} for name in ("baseline", "b", "c")} | {"masked": {"mask": "embedding"}}

    def longer(cell):
        far = {"pads": list(range(65)), "x": [0.1 * k for k in range(65)], "y": [0.0] * 65}
        path = cell.path and replace(cell.path, texts=[replace(text, **far) for text in cell.path.texts])
        return replace(cell, path=path)

    axes = panels(path_figure, with_cells(more({"variants": variants, "train.variants": list(variants)}), longer))
    assert [each.get_title().split(",")[0] for each in axes] == ["baseline", "baseline", "b", "b"]
    for each in axes:
        ways = [line for line in each.lines if line.get_linestyle() == "-" and line.get_marker() == "None"]
        points = sum(
            sum(not math.isnan(value) for value in line.get_xdata()) for line in ways if len(line.get_xdata()) > 2
        )
        assert 65 <= points <= 200


def test_the_pad_count_stands_beside_chance_and_bits(more):
    (axes,) = panels(padcount_figure, more())
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "baseline = double_mask (pre)",
        "masked (pre)",
        "baseline = double_mask (post)",
        "masked (post)",
    ]
    read = markers(axes, "o", BASELINE)[-1]
    assert read.get_xdata()[0] == pytest.approx(12.5 + 60)
    chance = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in chance] == [12.5] * 4
    assert texts(axes)[:2] == ["0.60 of 3.00 bits", "0.00 of 3.00 bits"]


def test_information_that_rounds_to_nothing_has_no_sign(more):
    bits = {"baseline": -0.003, "masked": -0.25, "double_mask": 0.0}

    def informed(cell):
        pad_count = replace(cell.probes.pad_count, information_bits=Estimate(bits[cell.variant], None, None))
        return replace(cell, probes=replace(cell.probes, pad_count=pad_count))

    (axes,) = panels(padcount_figure, with_cells(more(ONE_SIDE), informed))
    assert texts(axes)[:2] == ["0.00 of 3.00 bits", "−0.25 of 3.00 bits"]


def test_the_refitted_probe_is_hollow_and_pads_stand_at_equal_distances(more):
    (axes,) = panels(probes_figure, more(ONE_SIDE))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "2", "4", "8", "16", "32", "64"]
    refitted, frozen = markers(axes, "o", BASELINE)
    assert (refitted.get_markerfacecolor(), frozen.get_markerfacecolor()) == ("white", BASELINE)
    assert frozen.get_ydata()[7] == pytest.approx(88 - 0.2 * 64)
    joined = [line for line in axes.lines if line.get_marker() == "None" and line.get_color() == BASELINE]
    assert [len(line.get_xdata()) for line in joined] == [8, 8]


def test_calibration_has_a_curve_for_each_condition_with_its_error(more):
    axes = panels(calibration_figure, more())
    names = [each.get_legend().get_title().get_text() for each in axes]
    assert names == ["baseline, pre-padding", "baseline, post-padding", "masked, pre-padding", "masked, post-padding"]
    labels = [text.get_text() for text in axes[1].get_legend().get_texts()]
    assert labels == ["alone 3.0 %", "16 pads 4.6 %", "as trained 5.0 %", "other side 5.0 %"]
    assert [len(line.get_xdata()) for line in axes[1].lines] == [2, 10, 10, 10, 10]


def test_calibration_leaves_out_a_condition_and_an_error_that_are_missing(more):
    def missing(cell):
        curves = {name: bins for name, bins in cell.calibration.items() if name != "other-side"}
        conditions = [
            replace(condition, calibration_error=None) if condition.condition == "as-trained" else condition
            for condition in cell.conditions
        ]
        return replace(cell, calibration=curves, conditions=conditions)

    axes = panels(calibration_figure, of_baseline(more(ONE_SIDE), missing))[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["alone 3.0 %", "16 pads 4.6 %", "as trained"]


def test_serving_shows_every_seed_under_every_condition(more):
    def elsewhere(cell):
        seeds = [
            replace(seed, accuracy_by_condition=seed.accuracy_by_condition | {"other-side": 0.7 + 0.01 * seed.seed})
            for seed in cell.seeds
        ]
        return replace(cell, seeds=seeds)

    (axes,) = panels(mismatch_figure, of_baseline(more({**ONE_SIDE, "train.seeds": 5}), elsewhere))
    conditions = ["alone", "16 pads", "as trained", "other side"]
    assert [label.get_text() for label in axes.get_xticklabels()] == conditions
    assert [len(line.get_xdata()) for line in markers(axes, "o", BASELINE)] == [5] * 4
    other = markers(axes, "o", BASELINE)[-1]
    assert all(round(place) == 3 for place in other.get_xdata())
    assert list(other.get_ydata()) == pytest.approx([70, 71, 72, 73, 74])
    assert [len(line.get_xdata()) for line in markers(axes, "s", MASKED)] == [5] * 4


def test_serving_draws_no_seed_at_chance_and_no_interval_of_one(more):
    (axes,) = panels(mismatch_figure, more(ONE_SIDE, learned=False))
    assert "at chance, not drawn: baseline" in axes.get_title()
    assert not markers(axes, "o", BASELINE)
    (axes,) = panels(mismatch_figure, more({**ONE_SIDE, "train.seeds": 1}))
    upright = [line for line in axes.lines if len(line.get_xdata()) == 2 and len(set(line.get_xdata())) == 1]
    assert len(upright) == 3, "between the four conditions"
    assert not intervals(axes)


def lengths_of(counts, max_len):
    return Lengths(train=TrainingLengths(counts=counts), max_len=max_len)


def test_shares_of_lengths_by_hand():
    text, padding, cut = shares([(2, 3), (4, 1), (8, 1)], 4)
    assert (text, padding) == pytest.approx((14 / 20, 6 / 20))
    assert cut == 1 - 14 / 18


def test_lengths_mark_max_len_and_count_what_lies_beyond_the_axis(more):
    found = more()
    left, right = panels(lengths_figure, found)
    assert [line.get_ydata()[0] for axes in (left, right) for line in axes.lines] == [31, 31]
    assert sum(patch.get_width() for patch in left.patches) == 60
    counts = [*found.report.lengths.train.counts, (900, 2), (1200, 1)]
    left, right = panels(lengths_figure, with_report(found, lengths=lengths_of(counts, 31)))
    assert left.get_title() == "training texts by length\n3 longer, up to 1,200 tokens, not shown"
    assert left.get_ylim() == (0, 2.5 * 31)
    assert len(left.patches) <= 48
    assert sum(patch.get_width() for patch in left.patches) == 60


def test_the_legend_of_lengths_says_how_much_is_padding(more):
    found = with_report(more(), lengths=lengths_of([(2, 3), (4, 1), (8, 1)], 4))
    with mpl.rc_context(STYLE):
        (legend,) = lengths_figure(found).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "text, 70.0 % of the steps",
        "padding, 30.0 % of the steps",
        "cut off, 22.2 % of the tokens",
        "max_len = 4",
    ]


def test_cost_says_what_is_wasted_and_for_whom(more):
    (axes,) = panels(cost_figure, more())
    assert axes.get_title() == "pre-padding and post-padding"
    assert [label.get_text().split("\n")[0] for label in axes.get_yticklabels()] == [
        "every row max_len",
        "longest text",
        "the same, texts",
        "no padding",
    ]
    assert texts(axes) == [
        "58.1 % wasted\nfor every variant",
        "53.4 % wasted\nfor masked",
        "6.0 % wasted\nfor masked",
        "0.0 % wasted\nfor no variant here",
    ]
    widths = [patch.get_width() for patch in axes.patches]
    assert widths[0] + widths[1] == pytest.approx(1.86), "thousand steps: 60 texts of 31"


def test_cost_has_a_panel_for_each_side_where_they_differ(more):
    found = more()
    costs = [replace(cost, steps=cost.steps + 1000 * (cost.side == "post")) for cost in found.report.cost]
    axes = panels(cost_figure, with_report(found, cost=costs))
    assert [each.get_title() for each in axes] == ["pre-padding", "post-padding"]
