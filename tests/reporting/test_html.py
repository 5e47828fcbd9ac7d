"""report.html says what report.md says, fetches nothing, and lets no text of a dataset become markup."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from stages.analysis.contract_memory import UnitFacts
from stages.analysis.estimate import Estimate
from stages.reporting.documents import html_document, report_html, report_markdown
from stages.reporting.explorer import explorer_data
from stages.reporting.figures.registry import FIGURES
from stages.reporting.figures.style import svg
from stages.reporting.format import POINTS, RATIO, format_percent
from stages.reporting.render import TEMPLATES, Drawing, page_of
from stages.reporting.table import EXACT_CELL, MISSING_CELL, Cell, Notes, Table, estimate_cell, judged_cell, number_cell
from stages.stats.verdicts import Verdict
from tests.reporting.analyses import EXACT, LEAK, NOTHING, with_report
from tests.reporting.findings import finding

SVG = '<svg viewBox="0 0 9 9"><text>a &lt; b</text></svg>'


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


def unit_facts(variants=("baseline",), pads=(16, 4), seeds=(0, 1), units=(0.5, -0.25, None)):
    return [
        UnitFacts(
            side=side,
            variant=variant,
            seed=seed,
            state="h_lstm_1",
            pads=number,
            effect=list(units),
            shift=[unit and unit * number / 16 for unit in units],
            largest=[1.0, 2.0, 0.0],
        )
        for side in ("pre", "post")
        for variant in variants
        for seed in seeds
        for number in pads
    ]


def html_of(markdown, tables=None, figures=None, units=None):
    return html_document(page_of(markdown, tables or {}, figures or {}), units or [], "No unit moves.")


def opening_of(table):
    return page_of("```table\nt\n```", {"t": table}, {}).opening


@pytest.fixture
def whole(results):
    """report.md and report.html of an analysis made by hand, with a drawing in the place of every figure."""

    def make(changes=None, units=(), draw=lambda name, found: SVG, **outcome):
        found = with_report(results(changes, **outcome), units=list(units))
        markdown = report_markdown(found)
        return markdown, report_html(found, {name: draw(name, found) for name in FIGURES})

    return make


def test_every_word_and_number_of_the_markdown_is_on_the_page(whole):
    markdown, html = whole(drift=LEAK)
    signs = re.compile(r"[\s*`\\#]")
    shown = signs.sub("", Page(html).text())
    lines = [line for line in markdown.splitlines() if not re.match(r"!\[|\|--|```", line)]
    cells = [cell for line in lines for cell in re.split(r"(?<!\\)\|", line)]
    for cell in cells:
        plain = re.sub(r"\[([^\]]*)\]\(#[^)]*\)", r"\1", cell).replace("\\|", "|")
        plain = re.sub(r"^\s*(-|\d+\.) |</?(details|summary)>", "", plain)
        assert signs.sub("", plain) in shown, cell


def test_every_figure_of_the_catalogue_is_drawn_inside_the_page(whole):
    _, html = whole(drift=LEAK)
    drawn = {attributes["id"] for attributes in Page(html).all("figure")}
    assert drawn == {f"figure-{name}" for name in FIGURES}
    assert html.count("<svg ") == len(FIGURES)


def test_the_page_fetches_nothing(whole):
    _, html = whole(drift=LEAK, units=unit_facts())
    page = Page(html)
    assert not page.all("img")
    assert [each["href"] for each in page.all("link")] == ["data:,"]
    assert all("src" not in attributes for _, attributes in page.tags)
    assert not re.search(r"@import|url\((?!#)", html)
    policy = next(each["content"] for each in page.all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none';")


def test_the_policy_allows_the_pages_own_script_and_no_other(whole):
    _, html = whole(drift=LEAK, units=unit_facts())
    (script,) = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html


def test_identifiers_are_unique_and_every_link_has_its_target(whole):
    _, html = whole(drift=LEAK, units=unit_facts())
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
    markdown += "```table\nclasses\n```\n"
    html = html_of(markdown, {"classes": Table(["class"], [[name]])}, units=unit_facts(variants=[name]))
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
    markdown = "# t\n\n```figure\na\n```\n\n```figure\nb\n```\n"
    one, two = (Drawing(name, "**Bold.** More.", SVG) for name in "ab")
    once = html_of(markdown, figures={"a": one, "b": two}, units=unit_facts())
    assert once == html_of(markdown, figures={"b": two, "a": one}, units=unit_facts())


def test_a_figure_stands_with_its_caption_and_says_what_it_shows():
    drawing = Drawing("drift", "**How far.** With `masks`.", SVG)
    opening = page_of("```figure\ndrift\n```\n\nmore\n", {}, {"drift": drawing}).opening
    assert opening == (
        '<figure id="figure-drift">\n'
        f'<div class="drawing" role="img" aria-label="How far" style="--width: 9.0px">{SVG}</div>\n'
        "<figcaption><p><strong>How far.</strong> With <code>masks</code>.</p></figcaption>\n"
        "</figure>\n<p>more</p>\n"
    )


def test_a_block_that_names_nothing_is_code():
    assert page_of("```table\n<a>\n```", {}, {}).opening == '<pre tabindex="0"><code>&lt;a&gt;\n</code></pre>\n'


def test_an_image_leaves_its_words():
    assert page_of("![a sweep](figures/sweep.svg)", {}, {}).opening == "<p>a sweep</p>\n"


def test_headings_get_the_anchors_that_github_gives_them():
    markdown = "# Top\n\nbefore\n\n## By `pads`, (ε*) & more\n\n## Twice\n\n### Twice\n\n## Twice\n"
    parts = page_of(markdown, {}, {})
    assert parts.title == "Top"
    assert "before" in parts.opening
    assert [section.heading.anchor for section in parts.sections] == ["by-pads-ε--more", "twice", "twice-2"]
    assert parts.sections[0].heading.title == "By <code>pads</code>, (ε*) &amp; more"
    assert '<h3 id="twice-1">' in parts.sections[1].body
    assert [[part.anchor for part in section.parts] for section in parts.sections] == [[], ["twice-1"], []]


def test_verdicts_intervals_and_what_cells_are_sorted_by_are_marked():
    leak = judged_cell(RATIO, finding(0.05, 0.01, 0.2, Verdict.DIFFERENT), Notes())
    unclear = judged_cell(POINTS, finding(0.044, -0.003, 0.091, Verdict.INCONCLUSIVE), Notes())
    html = opening_of(Table(["a", "b", "c", "d", "e"], [[leak, EXACT_CELL, unclear, "DIFFERENT [1, 2]", MISSING_CELL]]))
    assert (
        '<td data-sort="0.05">0.0500 <span class="interval">[0.0100, 0.200]</span> '
        '<span class="verdict different">DIFFERENT</span></td>'
    ) in html
    assert '<td data-sort="0.0"><span class="verdict exact">0 (exact)</span></td>' in html
    assert '+4.4 <span class="interval">[−0.3, +9.1]</span> <span class="verdict inconclusive">' in html
    assert "<td>DIFFERENT [1, 2]</td>" in html
    assert '<td class="number" data-sort="">–</td>' in html


def test_what_stands_behind_a_figure_stays_outside_of_its_marks():
    notes = Notes()
    cell = Cell("0.5", 0.5, interval="[0, 1]", verdict=Verdict.EQUIVALENT, rest="; of `a`")
    html = opening_of(Table(["a"], [[notes.marked(cell, "why <not>")]], notes.reasons))
    assert "EQUIVALENT</span>; of <code>a</code> (1)</td>" in html
    assert html.endswith("</div>\n<p>(1) why &lt;not&gt;</p>\n")


def test_a_figure_behind_another_has_its_interval_marked_too():
    cell = replace(number_cell(0.5), rest=(" / ", estimate_cell(RATIO, Estimate(0.3, 0.2, 0.4)), " at 64"))
    assert '0.500 / 0.300 <span class="interval">[0.200, 0.400]</span> at 64</td>' in opening_of(Table(["a"], [[cell]]))


def test_a_table_without_rows_says_why():
    assert opening_of(Table(["a"], [], why_empty="no `x`")) == "<p>Undefined: no <code>x</code>.</p>\n"


def test_the_stand_of_a_claim_has_its_colour():
    html = page_of("**depends** on it, **open**ing, **opening**", {}, {}).opening
    assert '<strong class="stand depends">depends</strong> on it' in html
    assert "<strong>opening</strong>" in html
    assert 'class="verdict' not in html


def test_columns_are_laid_out_by_what_they_hold():
    rows = [
        ["pre", "`a`", number_cell(0.026, format_percent), "word " * 20],
        ["post", "`b`", MISSING_CELL, "short"],
    ]
    header = ["padding", "variant", "share", "text"]
    html = opening_of(Table(header, rows))
    assert '<div class="table two-keys" role="region" tabindex="0"' in html
    assert html.count('class="number"') == 3
    assert html.count('class="prose"') == 3
    assert "tall" not in html
    assert 'class="table two-keys tall"' in opening_of(Table(header, 20 * rows))


def test_a_table_is_named_by_the_heading_above_it():
    table = {"t": Table(["a"], [["b"]])}
    html = page_of("# Top\n\n## Data\n\n### More & more\n\n```table\nt\n```\n\n### Below", table, {}).sections[0].body
    assert 'aria-label="Table: More &amp; more"' in html


def test_units_are_gathered_by_model_with_pads_rising():
    first, *others = explorer_data(unit_facts())
    assert len(others) == 3
    assert (first["side"], first["variant"], first["seed"], first["state"]) == ("pre", "baseline", 0, "h_lstm_1")
    assert first["pads"] == [4, 16]
    assert first["shift"] == [[0.125, -0.0625, None], [0.5, -0.25, None]]
    assert explorer_data(unit_facts(units=(0.123456, -0.0)))[0]["effect"] == [[0.123, 0], [0.123, 0]]


def test_the_explorer_follows_the_figures():
    html = html_of("# t\n\n## Figures\n\n## More\n", units=unit_facts())
    assert re.findall(r'<h2 id="(\w+)"', html) == ["figures", "units", "more"]
    assert [each["href"] for each in Page(html).all("a")] == ["#figures", "#units", "#more"]
    without = html_of("# t\n\n## More\n", units=unit_facts())
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
    units_of_models = unit_facts(["baseline", "conv"], pads=(1, 2, 4, 8, 16, 32, 64), seeds=range(6), units=units)
    _, html = whole(drift=LEAK, units=units_of_models, draw=lambda name, found: svg(name, FIGURES[name].draw, found))
    assert html.count("<text") > 10 * len(FIGURES)
    assert len(html.encode()) < 900_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_what_is_behind_them(scheme):
    style = (TEMPLATES / "report.css").read_text()
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
