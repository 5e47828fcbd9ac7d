"""The figure of factors: one row each, points of accuracy left, ratios of drift right."""

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from stages.reporting.figures.style import STYLE
from stages.sweeps.summary.factors import factors_report
from stages.sweeps.summary.figure import factors_figure
from tests.sweeps import planted_sweeps as planted


@pytest.fixture(scope="module")
def content():
    return factors_report("synthetic", planted.everything(), None)


@pytest.fixture(scope="module")
def panels(content):
    with mpl.rc_context(STYLE):
        figure = factors_figure(content)
        FigureCanvasAgg(figure).draw()
        return figure.axes


def marks(axes):
    """Place in the figure and value of every estimate, with whether its mark is hollow."""
    lines = [line for line in axes.lines if line.get_marker() not in ("None", None, "")]
    return [(line.get_ydata()[0], line.get_xdata()[0], line.get_markerfacecolor() == "white") for line in lines]


def test_every_factor_has_a_row_that_names_its_contrast(panels, content):
    labels = [label.get_text() for label in panels[0].get_yticklabels()]
    assert len(labels) == len(content.factors)
    assert labels[0] == "amount of padding (amount)\nlongest*8 against 0.5, post"


def test_the_worst_factor_stands_on_top_in_points_and_masked_effects_are_hollow_at_0(panels):
    top = {value: hollow for place, value, hollow in marks(panels[0]) if round(place) == 0}
    (unmasked,) = (value for value, hollow in top.items() if not hollow)
    (masked,) = (value for value, hollow in top.items() if hollow)
    assert unmasked == pytest.approx(-35, abs=0.1)
    assert masked == pytest.approx(0, abs=0.1)
    assert panels[0].get_ylim()[0] > panels[0].get_ylim()[1]


def test_drift_is_a_ratio_on_a_logarithmic_axis_and_what_is_exact_is_said_in_words(panels):
    assert panels[1].get_xscale() == "log"
    (amount,) = (value for place, value, _ in marks(panels[1]) if round(place) == 0)
    assert amount == pytest.approx(4.0, rel=0.01)
    assert "0 (exact) with masked" in [text.get_text() for text in panels[1].texts]


def test_no_label_runs_into_another(panels):
    renderer = panels[0].figure.canvas.get_renderer()
    boxes = [label.get_window_extent(renderer) for label in panels[0].get_yticklabels()]
    assert not any(one.overlaps(two) for place, one in enumerate(boxes) for two in boxes[:place])
    ticks = [each.get_window_extent(renderer) for each in panels[1].get_xticklabels() if each.get_text()]
    assert len(ticks) >= 2
    assert not any(one.overlaps(two) for place, one in enumerate(ticks) for two in ticks[:place])


def test_without_sweeps_a_sentence_stands_in_its_place():
    figure = factors_figure(factors_report("mr", [], None))
    assert figure.axes == []
    assert "No sweep was run" in figure.texts[0].get_text()
