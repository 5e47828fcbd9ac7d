"""What can be read off drift and flips, and what holds of every figure: its SVG, its legend, its labels."""

import itertools
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from stages.reporting.dvc_plots import metrics, plot_records
from stages.reporting.figures.against_pads import drift_figure, flips_figure
from stages.reporting.figures.marks import scaled
from stages.reporting.figures.registry import FIGURES
from stages.reporting.figures.style import STYLE, svg
from stages.reporting.report_json import report_of
from stages.reporting.results import Results
from tests.reporting.analyses import EXACT, LEAK, NOTHING, analysis, with_cells, with_report

SVG = "{http://www.w3.org/2000/svg}"

MANY = {name: {"mask": "none"} for name in ("baseline", "pooling", "wide_model", "attention")} | {
    "masked": {"mask": "embedding"},
    "double_mask": {"mask": "embedding+masking"},
}

CASES = {
    "two sides, three variants, six seeds": ({}, {"drift": LEAK}),
    "one seed": ({"train.seeds": 1}, {"drift": LEAK, "gain": {**NOTHING, "estimate": 0.04}}),
    "seven classes": ({"dataset": "snips"}, {"drift": LEAK, "classes": 7, "truth": False}),
    "one side": ({"pad.sides": ["post"]}, {"drift": LEAK}),
    "baseline at chance": ({}, {"drift": NOTHING, "flips": NOTHING, "learned": False, "gain": NOTHING}),
    "masked alone": ({"train.variants": ["masked"]}, {"drift": EXACT}),
    "six variants": ({"variants": MANY, "train.variants": list(MANY)}, {"drift": LEAK}),
}


@pytest.fixture
def more(deep_results):
    """A report of models that were also served otherwise than trained, with a leak if nothing else is asked for."""

    def make(changes=None, **outcome):
        return deep_results(changes, **{"drift": LEAK} | outcome)

    return make


def drawn(draw, found):
    with mpl.rc_context(STYLE):
        figure = draw(found)
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
    return figure


def intervals(axes):
    """Both ends of every stroke along an interval."""
    strokes = [each for each in axes.collections if isinstance(each, LineCollection)]
    return [segment for each in strokes for segment in each.get_segments()]


def tick_labels(axis):
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high and tick.label1.get_visible()]
    return [tick.label1 for tick in ticks if tick.label1.get_text()]


def with_layers(cell):
    """The cell with two recurrent layers, the first of which drifts a third as far."""

    def deeper(condition):
        last = condition.drift_ratio["head"]
        first = last and scaled(last, 1 / 3)
        return replace(condition, drift_ratio=dict.fromkeys(vectors, last) | {"h_lstm_1": first})

    vectors = ["h_lstm_1", "c_lstm_1", "h_lstm_2", "c_lstm_2", "head"]
    return replace(cell, vectors=vectors, conditions=[deeper(condition) for condition in cell.conditions])


def words(text):
    return [element.text for element in ET.fromstring(text).iter(f"{SVG}text")]


def test_an_exact_zero_has_a_place_of_its_own_on_the_logarithmic_axis(results):
    assert "0, exact" in svg("drift", drift_figure, results(drift=LEAK))
    assert "0, exact" not in svg("drift", drift_figure, results(drift=LEAK, masked_drift=LEAK))


def test_what_is_undefined_is_named_and_not_drawn(results):
    found = results({"pad.sides": ["post"]}, drift=NOTHING, flips=NOTHING, learned=False)
    assert "undefined, not drawn: baseline," in svg("drift", drift_figure, found)
    assert {record["variant"] for record in plot_records(found, [])["drift"]} == {"masked"}
    assert "leak" not in metrics(found)["post"]


def test_two_variants_with_the_same_figures_are_both_seen(results):
    (axes,) = drawn(drift_figure, results({"pad.sides": ["post"]}, drift=LEAK)).axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 7 and line.get_linestyle() != "None"]
    baseline, _, double = lines
    assert list(baseline.get_ydata()) == list(double.get_ydata())
    assert (baseline.get_linestyle(), double.get_linestyle()) == ("-", "--")
    assert baseline.get_linewidth() > double.get_linewidth()


def test_a_band_that_few_seeds_made_wide_does_not_squeeze_the_lines(results):
    wide = {**LEAK, "low": 1e-9, "high": 1e7}
    for axes in drawn(drift_figure, results(drift=wide)).axes:
        low, high = axes.get_ylim()
        assert 1e-6 < low < 0.01
        assert high < 100


def test_every_seed_that_learned_has_a_dot_at_every_number_of_pads(results):
    (axes,) = drawn(flips_figure, results({"pad.sides": ["post"], "train.seeds": 4}, drift=LEAK)).axes
    dots = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in dots] == [7 * 4] * 3


def test_one_recurrent_layer_has_one_row_of_panels_and_two_have_one_more(more):
    found = more({"pad.sides": ["post"]})
    assert len(drawn(drift_figure, found).axes) == 1
    deep = with_cells(found, with_layers)
    _, layers = drawn(drift_figure, deep).axes
    lines = [line for line in layers.lines if len(line.get_xdata()) == 7]
    first, last = [line for line in lines if line.get_color() == "#D55E00"]
    assert list(first.get_ydata()) == pytest.approx([value / 3 for value in last.get_ydata()])
    assert (first.get_linestyle(), last.get_linestyle()) == ("--", "-")
    assert "layer 1 (h_lstm_1)" in svg("drift", drift_figure, deep)


@pytest.mark.parametrize("draw", (drift_figure, flips_figure))
def test_where_nobody_learned_a_sentence_says_so(draw, results):
    found = results(drift=NOTHING, flips=NOTHING, masked_drift=NOTHING, learned=False)
    assert not drawn(draw, found).axes
    assert ": no seed beat chance." in svg("x", draw, found)


@pytest.mark.parametrize("name", FIGURES)
def test_the_estimates_and_every_seed_lie_inside_the_axes(name, more):
    found = more({"train.seeds": 3}, drift={**LEAK, "estimate": 3000.0, "low": 2000.0, "high": 4000.0})
    for axes in drawn(FIGURES[name].draw, found).axes:
        low, high = sorted(axes.get_ylim())
        for line in axes.lines:
            if line.get_transform() == axes.transData:
                assert all(low <= value <= high for value in line.get_ydata() if not math.isnan(value))
        for strokes in intervals(axes):
            assert all(low <= y <= high for _, y in strokes)


def test_every_figure_has_a_caption_that_leads_in_bold():
    for _, caption in FIGURES.values():
        assert re.match(r"\*\*[^*]+\.\*\* [A-Z]", caption)
        assert "\n" not in caption


@pytest.mark.parametrize("name", FIGURES)
def test_a_caption_names_no_mark_that_is_not_drawn(name, more):
    draw, caption = FIGURES[name]
    figure = drawn(draw, more({"train.seeds": 3}))
    shapes = [line for part in (figure, *figure.axes) for line in part.findobj(Line2D)]
    there = {
        "hollow": any(line.get_markerfacecolor() == "white" for line in shapes),
        "open": any(line.get_markerfacecolor() == "white" for line in shapes),
        "dotted": any(line.get_linestyle() in (":", "dotted") for line in shapes),
        "dashed": any(line.get_linestyle() in ("--", "dashed") for line in shapes),
    }
    named = {mark for mark in there if re.search(rf"\b{mark}\b(?! where)", caption, re.IGNORECASE)}
    assert {mark for mark in named if not there[mark]} == set()


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FIGURES)
def test_no_label_lies_over_another_or_outside_and_no_panel_is_empty(name, case, more):
    changes, outcome = CASES[case]
    figure = drawn(FIGURES[name].draw, more(changes, **outcome))
    renderer = figure.canvas.get_renderer()
    page = figure.bbox
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1
        assert not any(box.overlaps(axes.get_window_extent(renderer)) for axes in figure.axes)
    for axes in figure.axes:
        assert axes.lines or axes.patches or axes.texts
        if axes.get_legend():
            assert axes.get_legend().get_window_extent(renderer).y0 >= axes.get_window_extent(renderer).y1 - 1
        labels = [each for each in [*tick_labels(axes.xaxis), *tick_labels(axes.yaxis)] if not each.get_rotation()]
        shown = [each.get_window_extent(renderer) for each in [*labels, *axes.texts]]
        assert not any(one.padded(-1).overlaps(other.padded(-1)) for one, other in itertools.combinations(shown, 2))
        boxes = [axes.title.get_window_extent(renderer), *shown]
        assert all(page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1 for box in boxes)


@pytest.fixture(scope="module")
def texts(make_params):
    """The SVG of every figure of the default analysis, drawn once."""
    params = make_params({"train.seeds": 6})
    found = Results(report_of(params, analysis(params, drift=LEAK, served_otherwise=True)))
    return {name: svg(name, figure.draw, found) for name, figure in FIGURES.items()}


@pytest.mark.slow
@pytest.mark.parametrize("case", ["six variants", "seven classes"])
def test_the_largest_figures_are_small(case, more):
    changes, outcome = CASES[case]
    found = more(changes, **outcome)
    for name, figure in FIGURES.items():
        assert len(svg(name, figure.draw, found).encode()) < 60_000, name


def test_all_figures_can_stand_in_one_page(texts):
    identities = [each for text in texts.values() for each in re.findall(r'\bid="([^"]*)"', text)]
    assert len(identities) == len(set(identities)) > len(texts)
    for name, text in texts.items():
        mine = re.findall(r'\bid="([^"]*)"', text)
        assert all(each.startswith(f"{name}-") for each in mine)
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) == set(mine)
        assert text.startswith("<svg ")
        assert "<style" not in text
        assert "xlink" not in text
        assert "<metadata" not in text


def test_no_text_takes_its_colour_from_the_page(texts):
    for name, text in texts.items():
        elements = list(ET.fromstring(text).iter(f"{SVG}text"))
        assert elements
        assert all("fill: #" in element.get("style") for element in elements), name


def test_two_drawings_are_the_same_bytes(texts, more):
    assert texts == {name: svg(name, figure.draw, more()) for name, figure in FIGURES.items()}


def test_a_name_with_a_dollar_is_a_name(more):
    dataset = (found := more()).report.dataset
    corpus = replace(dataset.corpus, classes=["$100$ <b>", "an opinion of more than twenty letters"])
    text = svg("path", FIGURES["path"].draw, with_report(found, dataset=replace(dataset, corpus=corpus)))
    assert {"$100$ <b>", "an opinion of more …"} <= set(words(text))


@pytest.mark.parametrize("name", ("calibration", "forgetting", "path", "padcount", "probes"))
def test_a_report_without_the_facts_gets_a_sentence(name, results):
    bare = {"calibration": {}, "forgetting": None, "path": None, "probes": None}
    found = with_cells(results(drift=LEAK), lambda cell: replace(cell, **bare))
    (text,) = words(svg(name, FIGURES[name].draw, found))[:1]
    assert text.startswith("This run cannot show ")


@pytest.mark.parametrize("name", ("forgetting", "path"))
def test_without_an_unmasked_variant_nothing_moves(name, more):
    found = more({"train.variants": ["masked"]}, drift=EXACT)
    assert "no unmasked variant was trained." in " ".join(words(svg(name, FIGURES[name].draw, found)))


@pytest.mark.parametrize(
    ("name", "reason"),
    (
        ("forgetting", "too few seeds of the unmasked variants beat chance."),
        ("path", "too few seeds of the unmasked variants beat chance."),
        ("padcount", "too few seeds beat chance."),
    ),
)
def test_a_figure_without_enough_seeds_says_so(name, reason, more):
    found = more({"train.variants": ["baseline", "masked"]}, learned=False)

    def one_learned(cell):
        first, *others = cell.seeds
        seeds = [first, *(replace(seed, learned=False) for seed in others)]
        return replace(cell, seeds=seeds, probes=None)

    assert " ".join(words(svg(name, FIGURES[name].draw, with_cells(found, one_learned)))).endswith(reason)


def test_every_label_of_an_axis_names_a_unit(results):
    units = {"drift": "(no unit)", "flips": "(% of test texts)", "accuracy": "(%)"}
    for name, unit in units.items():
        text = svg(name, FIGURES[name].draw, results(drift=EXACT))
        assert unit in text
        assert "extra pads (tokens)" in text or ">variant<" in text
