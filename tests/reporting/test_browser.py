"""report.html in a real browser: no errors, no requests, tables that sort, units that can be explored."""

import json
import shutil

import pytest

from stages.analysis.contract_memory import UnitFacts
from stages.analysis.estimate import Estimate
from stages.reporting.documents import html_document
from stages.reporting.format import PERCENT, POINTS, RATIO, format_percent, format_points
from stages.reporting.render import Drawing, page_of
from stages.reporting.table import (
    EXACT_CELL,
    MISSING_CELL,
    Notes,
    Table,
    count_cell,
    estimate_cell,
    judged_cell,
    number_cell,
    of_seeds,
)
from stages.stats.verdicts import Verdict
from tests.reporting.findings import finding

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="chromium or chromedriver is not on the PATH"),
]

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 400"><rect width="9" height="9"/></svg>'

LEAK = judged_cell(RATIO, finding(0.0467, 0.0144, 0.152, Verdict.DIFFERENT), Notes())

CELLS = {
    "interval": [
        LEAK,
        EXACT_CELL,
        number_cell(3.04e-4),
        MISSING_CELL,
        judged_cell(RATIO, finding(2.81, 1.6, 4.94, Verdict.DIFFERENT), Notes()),
    ],
    "signed": [
        estimate_cell(POINTS, Estimate(0.044, -0.003, 0.091)),
        estimate_cell(POINTS, Estimate(-0.02, -0.031, -0.009)),
        number_cell(0.0, format_points),
        EXACT_CELL,
        number_cell(-0.105, format_points),
    ],
    "share": [
        estimate_cell(PERCENT, Estimate(0.026, 0.017, 0.042)),
        number_cell(0.582, format_percent),
        number_cell(0.0003, format_percent),
        number_cell(0.001, format_percent),
        "",
    ],
    "word": ["masked", "`baseline`", "**supported**", of_seeds(10, 12), Notes().marked(MISSING_CELL, "why")],
    "count": [count_cell(count) for count in (4464000, 999, 1000, 20, 100)],
}
"""One column of a table each; "" and – hold nothing."""

RISING = {"interval": [1, 2, 0, 4, 3], "signed": [4, 1, 2, 3, 0], "share": [2, 3, 0, 1, 4]}
RISING |= {"word": [3, 1, 0, 2, 4], "count": [3, 4, 1, 2, 0]}
FALLING = {"interval": [4, 0, 2, 1, 3], "signed": [0, 2, 3, 1, 4], "share": [1, 0, 3, 2, 4]}
FALLING |= {"word": [2, 0, 1, 3, 4], "count": [0, 2, 1, 4, 3]}
"""Rows in the order that a first and a second click give: by hand."""

SHIFTS = {4: [0.1, -0.3, None, 0.0], 16: [0.9, -0.5, None, 0.0]}


TABLES = {
    "sorted": Table(["row", *CELLS], [[f"r{row}", *(cells[row] for cells in CELLS.values())] for row in range(5)]),
    "wide": Table(["a long heading"] * 14, [[LEAK] * 14]),
}
DRAWINGS = {"drift": Drawing("drift", "**Caption.** Words.", SVG)}


def block(kind, name):
    return f"```{kind}\n{name}\n```\n"


def markdown():
    code = f"```\n{'a_very_long_line ' * 30}\n```\n\nthe hash `{'ab' * 60}`\n"
    return (
        f"# A title {'x' * 60}\n\n1. **Yes.**\n\n{block('table', 'sorted')}\n## Figures\n\n{block('figure', 'drift')}\n"
        f"## Wide\n\n{block('table', 'wide')}\n{code}"
    )


def units():
    return [
        UnitFacts(
            side=side,
            variant=variant,
            seed=seed,
            state="h_lstm_1",
            pads=pads,
            shift=shift,
            effect=[0.1, 0.2, None, -0.3],
            largest=[2.0, 1.0, 0.0, 4.0],
        )
        for side, variant, seed in (("pre", "baseline", 0), ("post", "baseline", 3), ("post", "conv", 3))
        for pads, shift in SHIFTS.items()
    ]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):  # fmt: skip
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=CHROMEDRIVER)
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two pages: one with units, one without."""
    folder = tmp_path_factory.mktemp("pages")
    for name, found in (("units", units()), ("none", [])):
        html = html_document(page_of(markdown(), TABLES, DRAWINGS), found, "No unit moves.")
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def page(browser, files):
    """The page with units, new, on a desktop in light colours."""
    device(browser, 1280, 900)
    media(browser, scheme="light")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get((files / "units.html").as_uri())
    return browser


def device(browser, width, height):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def media(browser, *, scheme, kind=""):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})


def choose(page, field, value):
    page.execute_script(
        "const field = document.querySelector(`#explorer [name=${arguments[0]}]`); field.value = arguments[1];"
        "field.dispatchEvent(new Event('input', {bubbles: true}))",
        field,
        value,
    )


def rows(page):
    return page.execute_script(
        "return [...document.querySelectorAll('.opening tbody tr')].map(row => +row.cells[0].textContent.slice(1))"
    )


def bars(page):
    """Unit and value of every row of the explorer."""
    return page.execute_script(
        "return [...document.querySelectorAll('#explorer tbody tr')].map(row => "
        "[row.cells[0].textContent, row.querySelector('.value').textContent])"
    )


def colour(page, selector, of="backgroundColor"):
    return page.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, of
    )


@pytest.mark.parametrize("name", ["units", "none"])
def test_it_opens_without_errors_and_asks_for_nothing(name, page, files):
    page.get_log("performance")
    page.get((files / f"{name}.html").as_uri())
    assert page.get_log("browser") == []
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [(files / f"{name}.html").as_uri()]


def test_the_policy_stops_a_request_and_a_script_from_elsewhere(page):
    page.execute_script("new Image().src = 'http://127.0.0.1:9/a.png'")
    page.execute_script(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.mine = 1'}))"
    )
    assert page.execute_script("return window.mine") is None
    assert sum("Content Security Policy" in entry["message"] for entry in page.get_log("browser")) == 2


@pytest.mark.parametrize("column", CELLS)
def test_a_click_sorts_a_second_turns_and_a_third_restores(column, page):
    head = page.find_element("xpath", f"//header//th[normalize-space()='{column}']")
    button = head.find_element("tag name", "button")
    seen = []
    for _ in range(3):
        button.click()
        seen.append((head.get_attribute("aria-sort"), rows(page)))
    assert seen == [("ascending", RISING[column]), ("descending", FALLING[column]), ("none", [0, 1, 2, 3, 4])]


def test_the_keyboard_sorts_and_only_one_column_is_marked(page):
    buttons = page.find_elements("css selector", ".opening th button")
    for button in (buttons[1], buttons[5]):
        button.send_keys("\ue007")  # Enter
    assert rows(page) == RISING["count"]
    marks = [each.get_attribute("aria-sort") for each in page.find_elements("css selector", ".opening th")]
    assert marks == ["none"] * 5 + ["ascending"]


def test_bars_show_every_unit_of_the_chosen_pads_by_size(page):
    assert bars(page) == [["0", "+0.900"], ["1", "−0.500"], ["3", "0"], ["2", "–"]]
    choose(page, "pads", 0)
    assert bars(page) == [["1", "−0.300"], ["0", "+0.100"], ["3", "0"], ["2", "–"]]
    summary = page.find_element("css selector", "#explorer .summary").text
    assert summary.startswith("Under 4 extra pads, 1 of 4 units of h_lstm_1 move by more than 0.2")
    widths = page.execute_script(
        "return [...document.querySelectorAll('.bar span')].map(bar => parseFloat(bar.style.width))"
    )
    assert widths == pytest.approx([50 * 0.3 / 0.9, 50 * 0.1 / 0.9, 0, 0], abs=1e-3)
    sides = page.execute_script("return [...document.querySelectorAll('.bar span')].map(bar => bar.className)")
    assert sides[:2] == ["less", ""]


def test_the_slider_moves_with_the_arrow_keys(page):
    slider = page.find_element("css selector", "#explorer [name=pads]")
    slider.send_keys("\ue012")  # left
    assert page.find_element("css selector", "#explorer output").text == "4"
    assert slider.get_attribute("aria-valuetext") == "4 extra pads"
    assert bars(page)[0] == ["1", "−0.300"]


def test_the_measure_changes_values_and_their_scale(page):
    choose(page, "measure", "largest")
    assert bars(page) == [["3", "4.00"], ["0", "2.00"], ["1", "1.00"], ["2", "0"]]
    choose(page, "measure", "effect")
    assert bars(page)[0] == ["3", "−0.300"]


def test_only_models_that_exist_can_be_chosen(page):
    def offered(name):
        options = page.find_elements("css selector", f"#explorer [name={name}] option")
        return [option.text for option in options]

    assert (offered("side"), offered("variant"), offered("seed")) == (["pre", "post"], ["baseline"], ["0"])
    choose(page, "side", "post")
    assert (offered("variant"), offered("seed")) == (["baseline", "conv"], ["3"])
    choose(page, "variant", "conv")
    choose(page, "side", "pre")
    assert (offered("variant"), offered("seed")) == (["baseline"], ["0"])


def test_the_heat_map_has_a_square_for_every_unit_and_number_of_pads(page):
    squares = page.execute_script(
        "return [...document.querySelectorAll('#explorer tbody tr')].map(row => "
        "[...row.querySelectorAll('td.at')].map(cell => cell.getAttribute('aria-label')))"
    )
    assert squares[0] == ["unit 0, 4 pads: +0.100", "unit 0, 16 pads: +0.900"]
    assert squares[3] == ["unit 2, 4 pads: –", "unit 2, 16 pads: –"]
    shades = page.execute_script("return [...document.querySelectorAll('td.at i')].map(each => each.style.background)")
    assert [shade.split(",")[-1].strip(" )") for shade in shades[:4]] == ["0.111", "1.000", "0.333", "0.556"]


@pytest.mark.parametrize("name", ["units", "none"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(name, width, page, files):
    device(page, width, 844)
    page.get((files / f"{name}.html").as_uri())
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    inside = page.execute_script(
        "const table = document.querySelector('section .table'), box = document.querySelector('#wide + .table');"
        "return [box.scrollWidth > box.clientWidth, box.getBoundingClientRect().right <= innerWidth]"
    )
    assert inside == [True, True]
    drawn = "const box = document.querySelector('.drawing'); return [box.clientWidth, box.scrollWidth]"
    seen, drawing = page.execute_script(drawn)
    assert seen < width
    assert drawing == max(seen, 900)


def test_the_first_column_stays_where_a_table_scrolls(page):
    device(page, 390, 844)
    left = "return document.querySelector('.opening tbody td').getBoundingClientRect().left"
    before = page.execute_script(left)
    moved = "const box = document.querySelector('.opening .table'); box.scrollLeft = 150; return box.scrollLeft"
    assert page.execute_script(moved) == 150
    assert page.execute_script(left) == before


def test_dark_colours_are_applied_and_drawings_keep_their_white(page):
    light = colour(page, "body"), colour(page, "body", "color")
    media(page, scheme="dark")
    dark = colour(page, "body"), colour(page, "body", "color")
    assert light == ("rgb(252, 252, 250)", "rgb(29, 35, 41)")
    assert dark == ("rgb(21, 24, 27)", "rgb(228, 231, 234)")
    assert colour(page, ".drawing svg") == "rgb(255, 255, 255)"


def test_paper_is_white_and_has_all_text_and_no_controls(page):
    media(page, scheme="dark", kind="print")
    assert colour(page, "body") == "rgb(255, 255, 255)"
    assert colour(page, "body", "color") == "rgb(29, 35, 41)"
    assert [colour(page, part, "display") for part in ("nav", ".controls")] == ["none", "none"]
    clipped = page.execute_script(
        "return [...document.querySelectorAll('.table, pre, .drawing')].filter("
        "box => getComputedStyle(box).overflowX !== 'visible' || getComputedStyle(box).maxHeight !== 'none').length"
    )
    assert clipped == 0


def test_links_of_the_contents_lead_to_their_sections(page):
    for link in page.find_elements("css selector", "nav a"):
        anchor = link.get_attribute("href").split("#")[1]
        assert page.execute_script("return document.getElementById(arguments[0]).tagName", anchor) in ("H2", "H3")


def test_without_javascript_the_tables_are_there_and_a_sentence_says_what_is_not(page, files):
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.get((files / "units.html").as_uri())
        root = page.execute_cdp_cmd("DOM.getDocument", {"depth": 0})["root"]["nodeId"]

        def found(selector):
            wanted = {"nodeId": root, "selector": selector}
            return page.execute_cdp_cmd("DOM.querySelectorAll", wanted)["nodeIds"]

        assert found("th button") == []
        assert found("#explorer:not([hidden])") == []
        assert len(found(".opening tbody tr")) == 5
        assert len(found("noscript p")) == 1
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
