"""What can be read off the figures of a sweep, and what holds of each: the same bytes, no words over each other."""

import itertools
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from stages.reporting.figures.style import STYLE
from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.report.curves import curves_figure
from stages.sweeps.report.figures import captions, sweep_figures
from stages.sweeps.report.heatmap import heatmap_figure
from stages.sweeps.report.series import places, rest_axes, series
from stages.sweeps.report.serving import serving_figure
from tests.sweeps import examples
from tests.sweeps.outcomes import cell, outcomes, report, sweep

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def contents():
    return {name: make() for name, make in examples.EXAMPLES.items()}


def words(text):
    return [element.text for element in ET.fromstring(text).iter(f"{SVG}text")]


def drawn(draw, content):
    with mpl.rc_context(STYLE):
        figure = draw(content)
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
    return figure


def drawings(content):
    found = [heatmap_figure if content.figure.kind == "heatmap" else curves_figure]
    return found + [serving_figure] * ("accuracy_change" in content.read)


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_each_figure_has_a_caption_and_the_same_bytes_again(contents, name):
    first, second = sweep_figures(contents[name]), sweep_figures(examples.EXAMPLES[name]())
    assert first == second
    assert list(first) == list(captions(contents[name]))
    for text in first.values():
        assert "<metadata" not in text
        assert "nan" not in text.lower().replace("nano", "")


@pytest.mark.parametrize("path", examples.SWEEPS, ids=lambda path: path.stem)
def test_the_figures_of_the_sweeps_that_are_shipped_are_legible(path):
    _legible(examples.shipped(path))


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_no_words_lie_over_each_other_and_none_leave_the_figure(contents, name):
    _legible(contents[name])


def _legible(content):
    for draw in drawings(content):
        figure = drawn(draw, content)
        # The boxes of slanted names overlap where the names do not.
        level = [each for each in _words_of(figure) if each.get_rotation() % 90 == 0]
        boxes = [(each.get_text(), each.get_window_extent()) for each in level]
        for text, box in boxes:
            assert box.x0 >= -1, text
            assert box.x1 <= figure.bbox.x1 + 1, text
        for (one, first), (two, second) in itertools.combinations(boxes, 2):
            assert (
                first.x1 <= second.x0 + 1
                or second.x1 <= first.x0 + 1
                or first.y1 <= second.y0 + 1
                or (second.y1 <= first.y0 + 1)
            ), (one, two)


def _words_of(figure):
    """Every text that is drawn: ticks outside of the view are there, and are not drawn."""
    axes = [axis for each in figure.axes for axis in (each.xaxis, each.yaxis)]
    ticks = [tick for axis in axes for tick in (*axis.majorTicks, *axis.minorTicks)]
    of_ticks = {id(label) for tick in ticks for label in (tick.label1, tick.label2)}
    found = [each for each in figure.findobj(mpl.text.Text) if id(each) not in of_ticks and each.get_visible()]
    for axis in axes:
        low, high = sorted(axis.get_view_interval())
        shown = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        found += [tick.label1 for tick in shown if tick.label1.get_visible()]
    return [each for each in found if each.get_text().strip()]


def test_curves_mark_the_threshold(contents):
    texts = words(sweep_figures(contents["amount"])["amount.svg"])
    assert "falls to chance (grey: interval or bracket)" in texts
    assert "0, exact" in texts
    assert "pre-padding" in texts


def test_curves_mark_the_knee_and_the_shortest_width(contents):
    texts = words(sweep_figures(contents["truncation"])["truncation.svg"])
    assert {"knee", "shortest not worse than the widest"} <= set(texts)


def test_published_figures_are_drawn_beside_ours(contents):
    assert "published, about" in words(sweep_figures(contents["architecture"])["architecture.svg"])
    assert "published, about" not in words(sweep_figures(contents["units"])["units.svg"])


def test_a_heat_map_says_exact_and_hatches_what_is_undefined(contents):
    text = sweep_figures(contents["downstream"])["downstream.svg"]
    texts = words(text)
    # nine heads, two sides: twelve exact fields of drift, twelve of flips
    assert texts.count("exact") == 24
    assert "0.313" in texts
    assert text.count("url(#sweep-downstream") > 2


def test_a_series_is_a_colour_and_the_levels_that_nothing_else_shows(contents):
    content = contents["units"]
    assert rest_axes(content) == ["model.layers"]
    found = series(content, "post", "drift_ratio")
    assert [(each.colour, each.rest) for each in found] == [
        ("baseline", "1"), ("masked", "1"), ("baseline", "2"), ("masked", "2"),
    ]  # fmt: skip
    assert [mark.x for mark in found[0].marks] == [8, 32, 128]


def test_a_seed_at_chance_has_no_dot_of_drift_and_a_hollow_one_of_accuracy(contents):
    content = contents["units"]
    (first, *_) = series(content, "post", "drift_ratio")
    assert len(first.marks[0].seeds) == 3
    (first, *_) = series(content, "post", "accuracy")
    assert [learned for _, learned in first.marks[0].seeds] == [True, True, True, False]


def test_numbers_far_apart_stand_on_a_logarithmic_axis(contents):
    assert places(contents["units"]).logarithmic
    assert places(contents["amount"]).numeric
    assert not places(contents["amount"]).logarithmic
    assert places(contents["batching"]).names == ("fixed", "per batch", "bucketed")


def test_nothing_to_draw_is_said():
    it = sweep({"model.units": [8, 32]}, read=["drift_ratio"], figure={"kind": "curves", "x": "model.units"})
    content = sweep_report(it, "synthetic", outcomes(it, lambda units: report(cell(learned=[False] * 3))))
    assert "nothing to draw" in " ".join(words(sweep_figures(content)["trial.svg"]))


def test_many_lines_are_thin_and_said_to_be():
    figure = {"kind": "curves", "x": "model.units", "panels": "side", "colour": "variant"}
    it = sweep({"model.units": [8, 32, 128], "model.embedding": list(range(1, 9))}, figure=figure)
    content = sweep_report(it, "synthetic", outcomes(it, lambda units, embedding: report(cell(), cell(side="pre"))))
    assert "thin and without bands" in captions(content)["trial.svg"]
    assert not any("embedding" in text for text in words(sweep_figures(content)["trial.svg"]))
