"""report.html says what report.md says, fetches nothing, and lets no text of a dataset become markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from stages.reporting.figures.registry import FIGURES
from stages.reporting.figures.style import svg
from stages.reporting.html import FOLDER, drawing, explorer_data, report_html
from stages.reporting.markdown import report_markdown
from stages.reporting.results import Results
from stages.reporting.sections import document
from tests.reporting.analyses import EXACT, LEAK, NOTHING

SVG = """<?xml version="1.0"?>
<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" width="9pt" viewBox="0 0 9 9">
 <metadata><x xmlns="http://example.org/x"/></metadata>
 <defs><style type="text/css">*{stroke: red}</style><path id="mark" d="M 1.23456 -0.987654
L 10.000000 2"/><clipPath id="clip"><rect x="59.147193" y="2"/></clipPath></defs>
 <g id="axes_1"><use xlink:href="#mark" clip-path="url(#clip)"/>
 <text style="font-size: 9px; font-family: 'A', sans-serif; text-anchor: end">a &lt; b</text></g>
</svg>"""


class Page(HTMLParser):
    """Every tag with its attributes, and the text that is neither script nor style."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] not in ("script", "style"):
            self.texts.append(data)

    def text(self):
        return "".join(self.texts)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def unit_records(variants=("baseline",), pads=(16, 4), units=(0.5, -0.25, None)):
    return [
        {"side": side, "variant": variant, "seed": seed, "state": "h_lstm_1", "pads": number}
        | {"effect": list(units), "shift": [unit and unit * number / 16 for unit in units], "largest": [1.0, 2.0, None]}
        for side in ("pre", "post")
        for variant in variants
        for seed in (0, 1)
        for number in pads
    ]


def html_of(markdown, figures=None, units=None):
    return report_html(Results({"cells": [], "verdicts": [], "units": units or []}), markdown, figures or {})


@pytest.fixture
def whole(results):
    """report.md and report.html of an analysis made by hand, with a drawing in the place of every figure."""

    def make(changes=None, units=(), draw=lambda name, found: SVG, **outcome):
        found = results(changes, **outcome)
        found.report["units"] = list(units)
        markdown = report_markdown(found)
        return markdown, report_html(found, markdown, {name: draw(name, found) for name in FIGURES})

    return make


def test_every_word_and_number_of_the_markdown_is_on_the_page(whole):
    markdown, html = whole(drift=LEAK)
    signs = re.compile(r"[\s*`\\#]")
    shown = signs.sub("", Page(html).text())
    lines = [line for line in markdown.splitlines() if not re.match(r"!\[|\|--|```", line)]
    cells = [cell for line in lines for cell in re.split(r"(?<!\\)\|", line)]
    for cell in cells:
        plain = re.sub(r"\[([^\]]*)\]\(#[^)]*\)", r"\1", cell).replace("\\|", "|")
        plain = re.sub(r"^\s*(-|\d+\.) ", "", plain)
        assert signs.sub("", plain) in shown, cell


def test_every_figure_of_the_catalogue_is_drawn_inside_the_page(whole):
    _, html = whole(drift=LEAK)
    drawn = {attributes["id"] for attributes in Page(html).all("figure")}
    assert drawn == {f"figure-{name}" for name in FIGURES}
    assert html.count("<svg ") == len(FIGURES)


def test_the_page_fetches_nothing(whole):
    _, html = whole(drift=LEAK, units=unit_records())
    page = Page(html)
    assert not page.all("img")
    assert [each["href"] for each in page.all("link")] == ["data:,"]
    assert all("src" not in attributes for _, attributes in page.tags)
    assert not re.search(r"@import|url\((?!#)", html)
    policy = next(each["content"] for each in page.all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none';")


def test_the_policy_allows_the_pages_own_script_and_no_other(whole):
    _, html = whole(drift=LEAK, units=unit_records())
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def test_identifiers_are_unique_and_every_link_has_its_target(whole):
    _, html = whole(drift=LEAK, units=unit_records())
    page = Page(html)
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))
    links = {each["href"][1:] for tag in ("a", "use") for each in page.all(tag)}
    links |= set(re.findall(r"url\(#([^)]+)\)", html))
    assert len(links) > 10
    assert links <= set(names)


def test_a_name_with_the_letters_of_markup_stays_text():
    name = "<b>R&D</b> | <script>alert(1)</script>"
    markdown = f"# Report {name}\n\n## The data of {name}\n\nclasses: {name} ![x](http://a/b.png)\n\n"
    markdown += "| class |\n|---|\n| {} |\n".format(name.replace("|", "\\|"))
    html = html_of(markdown, units=unit_records(variants=[name]))
    page = Page(html)
    assert not page.all("b")
    assert not page.all("img")
    assert [each.get("type") for each in page.all("script")] == ["application/json", None]
    assert page.text().count(name) >= 5  # <title>, h1, contents, h2, the sentence and the cell
    (data,) = re.findall(r'<script type="application/json" id="models">(.*?)</script>', html)
    assert {model["variant"] for model in json.loads(data)} == {name}


def test_a_link_to_a_script_is_no_link():
    assert not Page(html_of("# t\n\n[click](javascript:alert(1)) and <javascript:alert(1)>").split("<nav")[0]).all("a")


def test_the_same_input_gives_the_same_bytes():
    markdown = "# t\n\n![a](figures/a.svg)\n\n![b](figures/b.svg)\n"
    once = html_of(markdown, {"a": SVG, "b": SVG}, unit_records())
    assert once == html_of(markdown, {"b": SVG, "a": SVG}, unit_records())


def test_a_drawing_keeps_to_itself():
    html = drawing("drift", SVG)
    assert 'id="drift-mark"' in html
    assert 'href="#drift-mark"' in html
    assert "url(#drift-clip)" in html
    assert 'd="M 1.23 -0.99 L 10 2"' in html
    assert 'x="59.15"' in html
    assert ">a &lt; b</text>" in html
    assert 'style="font-size: 9px; text-anchor: end"' in html
    assert html.startswith('<svg viewBox="0 0 9 9" style="width: 13.5px; min-width: 9px">')
    for gone in ("axes_1", "<style", "metadata", "xmlns", 'width="'):
        assert gone not in html


def test_a_bold_paragraph_behind_an_image_is_its_caption():
    markdown = "![words](figures/a.svg)\n\n**Bold.** More.\n\n![other](figures/a.svg)\n\nNo caption.\n"
    opening = document(markdown, {"a": "<svg ></svg>"}).opening
    assert '<div class="drawing"><svg role="img" aria-label="words" ></svg></div>' in opening
    assert "<figcaption><p><strong>Bold.</strong> More.</p>\n</figcaption>" in opening
    assert "<figcaption><p>other</p></figcaption>" in opening
    assert opening.endswith("<p>No caption.</p>\n")


def test_an_image_that_was_not_given_leaves_its_words():
    assert document("![a sweep](figures/sweep.svg)", {}).opening == "<p>a sweep</p>\n"


def test_headings_get_the_anchors_that_github_gives_them():
    markdown = "# Top\n\nbefore\n\n## By `pads`, (ε*) & more\n\n## Twice\n\n### Twice\n\n## Twice\n"
    parts = document(markdown, {})
    assert parts.title == "Top"
    assert "before" in parts.opening
    assert [section.heading.anchor for section in parts.sections] == ["by-pads-ε--more", "twice", "twice-2"]
    assert parts.sections[0].heading.title == "By <code>pads</code>, (ε*) &amp; more"
    assert '<h3 id="twice-1">' in parts.sections[1].body
    assert [[part.anchor for part in section.parts] for section in parts.sections] == [[], ["twice-1"], []]


def test_verdicts_stands_and_intervals_are_marked():
    cells = "| 0.05 [0.01, 0.2] DIFFERENT | 0 (exact) | +4.4 [−0.3, +9.1] INCONCLUSIVE | **depends** on it |"
    html = document(f"| a | b | c | d |\n|---|---|---|---|\n{cells}\n", {}).opening
    assert '0.05 <span class="interval">[0.01, 0.2]</span> <span class="verdict different">DIFFERENT</span>' in html
    assert '<span class="verdict exact">0 (exact)</span>' in html
    assert '<span class="interval">[−0.3, +9.1]</span> <span class="verdict inconclusive">' in html
    assert '<strong class="stand depends">depends</strong> on it' in html
    assert 'class="verdict' not in document("INDIFFERENT `EXACT` **open**ing", {}).opening


def test_columns_are_laid_out_by_what_they_hold():
    header = "| padding | variant | share | text |\n|---|---|---|---|\n"
    rows = f"| pre | `a` | 2.6 % | {'word ' * 20}|\n| post | `b` | – | short |\n"
    html = document(header + rows, {}).opening
    assert '<div class="table two-keys" role="region" tabindex="0"' in html
    assert html.count('class="number"') == 3
    assert html.count('class="prose"') == 3
    assert "tall" not in html
    assert 'class="table two-keys tall"' in document(header + 20 * rows, {}).opening


def test_units_are_gathered_by_model_with_pads_rising():
    first, *others = explorer_data(unit_records())
    assert len(others) == 3
    assert (first["side"], first["variant"], first["seed"], first["state"]) == ("pre", "baseline", 0, "h_lstm_1")
    assert first["pads"] == [4, 16]
    assert first["shift"] == [[0.125, -0.0625, None], [0.5, -0.25, None]]
    assert explorer_data(unit_records(units=(0.123456, -0.0)))[0]["effect"] == [[0.123, 0], [0.123, 0]]


def test_the_explorer_follows_the_figures():
    html = html_of("# t\n\n## Figures\n\n## More\n", units=unit_records())
    assert re.findall(r'<h2 id="(\w+)"', html) == ["figures", "units", "more"]
    assert [each["href"] for each in Page(html).all("a")] == ["#figures", "#units", "#more"]
    without = html_of("# t\n\n## More\n", units=unit_records())
    assert re.findall(r'<h2 id="(\w+)"', without) == ["more", "units"]
    assert [each["href"] for each in Page(without).all("a")] == ["#more", "#units"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ({"drift": EXACT}, "Every state of every model is exact"),
        ({"drift": NOTHING, "masked_drift": NOTHING, "learned": False}, "or of a model that learned nothing"),
        ({"drift": LEAK}, "holds no figures by unit"),
    ],
)
def test_without_units_the_page_says_why(outcome, reason, whole):
    _, html = whole(**outcome)
    assert reason in html
    assert 'id="explorer"' not in html
    assert "<noscript>" in html


def test_without_a_model_that_learned_there_is_nothing_to_explore(whole):
    changes = {"train.variants": ["baseline"]}
    _, html = whole(changes, drift=NOTHING, learned=False)
    assert "No trained model beat chance" in html


@pytest.mark.slow
def test_a_page_with_every_figure_and_the_units_of_many_models_stays_small(whole):
    units = [float(f"{0.0123456 * (number + 1):.4g}") * (-1) ** number for number in range(32)]
    records = unit_records(variants=["baseline", "conv"], pads=(1, 2, 4, 8, 16, 32, 64), units=units)
    records = [record | {"seed": seed} for record in records if record["seed"] == 0 for seed in range(6)]
    _, html = whole(drift=LEAK, units=records, draw=lambda name, found: svg(name, FIGURES[name].draw, found))
    assert html.count("<text") > 10 * len(FIGURES)
    assert len(html.encode()) < 900_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_what_is_behind_them(scheme):
    style = (FOLDER / "report.css").read_text()
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", style, re.S)
    )
    colours = light if scheme == "light" else dark
    pairs = [(ink, ink.removesuffix("-ink")) for ink in colours if ink.endswith("-ink")]
    pairs += [(ink, back) for ink in ("ink", "quiet", "link") for back in ("paper", "card", "stripe")]
    assert len(pairs) == 14
    for ink, back in pairs:
        assert contrast(colours[ink], colours[back]) >= 4.5, (ink, back)


def contrast(one, two):
    """The ratio of WCAG 2.2."""
    bright, dim = sorted((luminance(one), luminance(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour):
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_black_on_white_has_the_contrast_that_wcag_names():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
