"""The page of an audit in a browser, and names in it that would be markup."""

import re
import shutil
from dataclasses import replace

import pytest

from stages.padding_audit.page import html, markdown, terminal
from stages.padding_audit.result import Cause, Did
from stages.padding_audit.terminal import MOST_LINES
from tests.padding_audit.audits import (
    CHAIN,
    EXACT,
    MODEL,
    audit,
    cure,
    hazard,
    layer,
    leak,
    leaks,
    long_audit,
    pads_row,
)
from tests.padding_audit.read_page import Page

EVIL = "<script>alert('x')</script>|`a``b`\n# \x1b[31mred"
SHOWN = "<script>alert('x')</script>|`a``b`�# �[31mred"


def test_html_is_whole_asks_for_nothing_and_runs_nothing():
    for made in (audit(hazards=[hazard()], cures=[cure()]), long_audit(), audit([layer(EVIL, pre=0.5)])):
        page = Page(html(made))
        assert page.open == []
        names = {attribute for attribute, _ in page.attributes}
        assert not {"script", "link", "img", "iframe", "image", "use", "a", "base"} & set(page.tags)
        assert not {"src", "href", "srcset", "xlink:href", "action", "style"} & names
        assert not [attribute for attribute in names if attribute.startswith("on")]
        assert not re.search(r"url\(|@import|https?:|//", html(made))
        assert ("name", "viewport") in page.attributes
        assert "prefers-color-scheme:dark" in html(made)


def evil():
    rows = [layer(EVIL, Did.DESTROYED, pre=0.5, type_=EVIL), layer("dense")]
    model = replace(MODEL, name=EVIL, file=EVIL + ".keras")
    outputs = [pads_row(output=EVIL), pads_row(output="b")]
    return audit(
        rows,
        pre=leaks(leak(Cause.LOST, EVIL, EVIL)),
        model=model,
        outputs=outputs,
        hazards=[hazard(f"`{EVIL}` is <b>not</b> {EVIL}")],
        cures=[cure(title=EVIL)],
        data=EVIL,
    )


def test_names_are_harmless_in_html():
    page = Page(html(evil()))
    assert not {"script", "b", "h3"} & set(page.tags)
    assert page.tags.count("h1") == 1
    assert SHOWN in page.words


def test_names_are_harmless_in_markdown():
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(markdown(evil()))
    inline = [child for token in tokens for child in token.children or []]
    assert not [
        token for token in (*tokens, *inline) if token.type in ("html_block", "html_inline", "link_open", "image")
    ]
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h1") == 1
    assert SHOWN in [token.content for token in inline if token.type == "code_inline"]
    widths = [line.count("td_open") for line in _table_rows(tokens)]
    assert set(widths) == {5}


def _table_rows(tokens):
    types = " ".join(token.type for token in tokens)
    return [
        row for body in re.findall(r"tbody_open.*?tbody_close", types) for row in re.findall("tr_open.*?tr_close", body)
    ]


def test_names_are_harmless_in_a_terminal():
    text = terminal(evil())
    assert text.replace("\n", "").isprintable()
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")), reason="no chromium on the PATH")
def test_on_a_phone_nothing_but_tables_and_code_scrolls_sideways(tmp_path):
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(option)
    options.binary_location = shutil.which("chromium")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        phone = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        made = audit(
            [*CHAIN, layer("outer/" * 30 + "dense")],
            hazards=[hazard(f"`{'long_name_' * 20}` keeps its state.")],
            cures=[cure("x = " + "1 + " * 100 + "1")],
        )
        (tmp_path / "page.html").write_text(html(made))
        driver.get((tmp_path / "page.html").as_uri())
        assert driver.execute_script("return document.documentElement.scrollWidth") == 360
        bottom = driver.execute_script("return document.querySelector('svg').getBoundingClientRect().bottom")
        assert bottom < 800
        sizes = driver.execute_script(
            "return [...document.querySelectorAll('body *')].filter(e => e.childNodes.length && e.textContent.trim())"
            ".map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 16
    finally:
        driver.quit()


@pytest.mark.parametrize(
    ("did", "drawn"),
    [
        (Did.KEPT, {"dot": 1, "there": 3, "cut": 0}),
        (Did.CONSUMED, {"dot": 1, "there": 3, "cut": 0}),
        (Did.DESTROYED, {"dot": 1, "there": 2, "cut": 2}),
        (Did.REPLACED, {"dot": 1, "there": 2, "cut": 2, "wrong": 1}),
        (Did.NOT_HANDED, {"dot": 1, "there": 2, "cut": 2}),
        (Did.LOST_BEFORE, {"dot": 1, "there": 1, "cut": 0}),
    ],
)
def test_the_picture_draws_the_line_of_the_mask(did, drawn):
    page = Page(html(audit([layer("first", Did.MADE), layer("second", did)], pre=EXACT)))
    classes = [value for attribute, value in page.attributes if attribute == "class"]
    assert {name: classes.count(name) for name in drawn} == drawn


def test_the_picture_frames_the_first_leaks_alone():
    rows = [layer("lstm", pre=0.3), layer("pool", pre=0.3, post=0.2), layer("dense", pre=0.3, post=0.2)]
    sides = leaks(leak(Cause.NO_MASK, None, "lstm")), leaks(leak(Cause.NO_MASK, None, "pool"))
    page = Page(html(audit(rows, *sides)))
    assert [value for _, value in page.attributes].count("box leak") == 2
    assert [words for words in page.words if words.startswith("first leak, ")] == [
        "first leak, pre",
        "first leak, post",
    ]
