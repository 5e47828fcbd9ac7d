"""What can be read off the SVG: labels, and where lines and bands end."""

import pytest

from stages.reporting.figures import FIGURES, STYLE, drift_figure, svg
from stages.reporting.plots import metrics, plot_records
from tests.reporting.analyses import EXACT, LEAK, NOTHING

mpl = pytest.importorskip("matplotlib")


def drift_axes(results):
    with mpl.rc_context(STYLE):
        return drift_figure(results).axes


def test_an_exact_zero_has_a_place_of_its_own_on_the_logarithmic_axis(results):
    assert "0, exact" in svg(drift_figure, results(drift=LEAK))
    assert "0, exact" not in svg(drift_figure, results(drift=LEAK, masked_drift=LEAK))


def test_what_is_undefined_is_named_and_not_drawn(results):
    found = results({"pad.sides": ["post"]}, drift=NOTHING, flips=NOTHING, learned=False)
    text = svg(drift_figure, found)
    assert "undefined, not drawn: baseline," in text
    assert {record["variant"] for record in plot_records(found, [])["drift"]} == {"masked"}
    assert "drift_ratio" not in metrics(found)["post"]["baseline"]


def test_two_variants_with_the_same_figures_are_both_seen(results):
    (axes,) = drift_axes(results({"pad.sides": ["post"]}, drift=LEAK))
    lines = [line for line in axes.lines if len(line.get_xdata()) == 7 and line.get_linestyle() != "None"]
    baseline, _, double = lines
    assert list(baseline.get_ydata()) == list(double.get_ydata())
    assert (baseline.get_linestyle(), double.get_linestyle()) == ("-", "--")
    assert baseline.get_linewidth() > double.get_linewidth()


def test_a_band_that_few_seeds_made_wide_does_not_squeeze_the_lines(results):
    wide = {**LEAK, "low": 1e-9, "high": 1e7}
    for axes in drift_axes(results(drift=wide)):
        low, high = axes.get_ylim()
        assert 1e-6 < low < 0.01
        assert high < 100


@pytest.mark.parametrize("name", FIGURES)
def test_the_estimates_and_every_seed_lie_inside_the_axes(name, results):
    found = results({"train.seeds": 3}, drift={**LEAK, "estimate": 3000.0, "low": 2000.0, "high": 4000.0})
    with mpl.rc_context(STYLE):
        figure = FIGURES[name](found)
    for axes in figure.axes:
        low, high = axes.get_ylim()
        for line in axes.lines:
            assert all(low <= value <= high for value in line.get_ydata())


def test_every_label_of_an_axis_names_a_unit(results):
    for draw in FIGURES.values():
        text = svg(draw, results(drift=EXACT))
        assert any(unit in text for unit in ("(no unit)", "(%)", "(% of test texts)"))
        assert "extra pads (tokens)" in text or ">variant<" in text
