"""The page of an audit: what stands on it, on a code host, in a browser and in a terminal."""

import re
from dataclasses import replace
from math import nan

import pytest

from stages.padding_audit.chain import Line, Moved, links, mark, shortened
from stages.padding_audit.page import html, markdown, terminal
from stages.padding_audit.result import Cause, Did, InputFacts, SideFinding, Verdict
from stages.padding_audit.sentences import DOES
from stages.padding_audit.terminal import MOST_LINES
from tests.padding_audit.audits import (
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

PAGES = [markdown, html, terminal]


def cells(text, first):
    """The cells of the row of a Markdown table that begins with a cell."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in row.strip("|").split(" | ")]


@pytest.mark.parametrize("write", PAGES)
def test_the_sentence_stands_before_all_but_the_name(write):
    text = re.sub(
        r"\s+", " ", "".join(Page(write(audit())).words) if write is html else write(audit()).replace("`", "")
    )
    sentence = audit().sentence.replace("`", "")
    assert sentence in text
    assert text.index("sentiment") < text.index(sentence) < text.index("embedding")


def test_the_chain_is_drawn_with_the_mask_as_a_line_that_breaks():
    assert markdown(audit()).split("```")[1].splitlines()[1:] == [
        "   layer     pre  post",
        " ● embedding  =    =    mask: makes it",
        " ┃ lstm       =    =",
        " ╳ pool       ≠    =    mask: drops it; first leak, pre",
        "   dense      ≠    =",
        "   output, pre: LEAKS",
        "   output, post: EXACT",
    ]
    assert "Mask: ● made, ┃ there, ╳ lost. Steps of text, with pads: = same, ≠ changed." in markdown(audit())


def test_a_terminal_shows_numbers_in_the_chain():
    lines = terminal(audit()).splitlines()
    assert [line.split() for line in lines if line[1:2] in {"●", "┃", "╳"}] == [
        ["●", "embedding", "0", "0", "mask:", "makes", "it"],
        ["┃", "lstm", "0", "0"],
        ["╳", "pool", "0.50", "0", "mask:", "drops", "it;", "first", "leak,", "pre"],
    ]
    assert next(line for line in lines if "output" in line).split() == ["output", "LEAKS", "EXACT"]


@pytest.mark.parametrize(
    ("did", "sign"),
    [
        (Did.MADE, "●"),
        (Did.KEPT, "┃"),
        (Did.CONSUMED, "┻"),
        (Did.REPLACED, "╳"),
        (Did.DESTROYED, "╳"),
        (Did.LOST_BEFORE, " "),
        (Did.NOT_HANDED, "╳"),
        (Did.NONE, " "),
    ],
)
def test_every_deed_has_a_sign_and_a_word(did, sign):
    made = audit([layer("first", Did.MADE), layer("second", did)], pre=EXACT)
    assert mark(links(made)[1]) == sign
    assert cells(markdown(made), "`second`")[3] == DOES[did]


def test_every_deed_is_tested():
    assert {did for did, _ in test_every_deed_has_a_sign_and_a_word.pytestmark[0].args[1]} == set(Did) == set(DOES)


def test_behind_a_replaced_mask_the_line_is_another_until_a_mask_is_made():
    deeds = [Did.MADE, Did.REPLACED, Did.KEPT, Did.CONSUMED, Did.MADE, Did.KEPT]
    chain = links(audit([layer(str(i), did) for i, did in enumerate(deeds)], pre=EXACT))
    there, wrong, none = Line.THERE, Line.WRONG, Line.NONE
    assert [link.below for link in chain] == [there, wrong, wrong, none, there, there]
    assert [mark(link) for link in chain] == ["●", "╳", "┆", "┻", "●", "┃"]


def test_code_that_loses_a_mask_has_a_place_in_the_chain():
    rows = [layer("embedding", Did.MADE), layer("lstm", Did.LOST_BEFORE, pre=0.3)]
    lost = audit(rows, pre=leaks(leak(Cause.LOST, None, "lstm")))
    assert [link.label for link in links(lost)] == ["embedding", "code between two layers", "lstm"]
    assert " ╳ code between two layers" in markdown(lost)
    assert "`code between two layers`" not in markdown(lost)
    assert "code between two layers" in html(lost)


def test_who_drops_the_mask_is_not_said_to_use_it_up():
    rows = [layer("embedding", Did.MADE), layer("mean", Did.CONSUMED, pre=0.3)]
    lost = audit(rows, pre=leaks(leak(Cause.LOST, "mean", "mean")))
    assert cells(markdown(lost), "`mean`") == ["`mean`", "**0.30 first leak**", "0", "drops it", "Dense"]


def test_the_table_tells_the_worst_number_of_pads():
    assert cells(markdown(audit()), "`pool`") == [
        "`pool`",
        "**0.50 first leak**",
        "0",
        "drops it",
        "GlobalMaxPooling1D",
    ]


def test_a_first_leak_is_marked_at_its_own_call():
    rows = [layer("lstm", call=1), layer("lstm", call=2, post=0.2)]
    text = markdown(audit(rows, pre=EXACT, post=leaks(leak(Cause.NO_MASK, None, "lstm", call=2))))
    assert cells(text, "`lstm`")[1:3] == ["0", "0"]
    assert cells(text, "`lstm, call 2`")[1:3] == ["0", "**0.20 first leak**"]


def test_rounding_unknown_and_undefined_have_signs_of_their_own():
    rows = [layer("a", pre=1e-7), layer("b", pre=None), layer("c", pre={"1": 0.1, "4": nan})]
    made = audit(rows, pre=SideFinding(Verdict.UNDEFINED, nan, None, None))
    assert [link.moved["pre"] for link in links(made)] == [Moved.ROUNDING, Moved.UNKNOWN, Moved.YES]
    assert [cells(markdown(made), f"`{path}`")[1] for path in "abc"] == ["1.0e-7", "–", "**NaN**"]


def test_what_is_rounding_is_asked_of_the_numbers_that_a_model_computes_in():
    made = audit([layer("a", pre=1e-4)], pre=EXACT, model=replace(MODEL, dtype="float16"))
    assert links(made)[0].moved["pre"] is Moved.ROUNDING


def test_a_layer_that_moves_on_a_side_that_does_not_leak_is_explained():
    rows = [layer("lstm", pre=0.3, post=0.3), layer("dense")]
    assert "Under pre- or post-padding a layer moves, and the output does not." in markdown(audit(rows, pre=EXACT))
    assert "a layer moves" not in markdown(audit())


def test_a_long_chain_keeps_what_matters_and_counts_the_rest():
    chain = shortened(links(long_audit()), 12)
    assert [link.label for link in chain] == [
        "embedding",
        "58 layers",
        "block_59/layer",
        "mixer",
        "block_61/layer",
        "37 layers",
        "block_99/layer",
    ]
    assert (chain[1].does, chain[5].does) == ("mask handed on", "mask lost before")
    assert (chain[1].moved["pre"], chain[5].moved["pre"]) == (Moved.NOT, Moved.YES)


def test_a_chain_in_which_all_matters_is_shortened_too():
    rows = [layer(f"embedding_{i}", Did.MADE) for i in range(50)] + [layer("pool", Did.DESTROYED, pre=0.5)]
    chain = shortened(links(audit(rows)), 12)
    assert len(chain) <= 12
    assert sum(link.layers for link in chain) == 51
    assert chain[-1].leaks == ["pre"]


def test_a_long_table_is_folded():
    assert "<details><summary>All 100 rows</summary>" in markdown(long_audit())
    assert "details" in Page(html(long_audit())).tags
    assert "details" not in Page(html(audit())).tags


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("length", [2, 30, 300])
@pytest.mark.parametrize("more", [0, 30])
def test_a_terminal_page_has_at_most_40_lines_none_too_wide(width, length, more):
    lines = terminal(long_audit(length, length // 2, hazards=more, cures=more), width).splitlines()
    assert len(lines) <= MOST_LINES == 40
    assert max(map(len, lines)) <= width
    assert any("mixer" in line and "first leak, pre and post" in line for line in lines)


def test_a_terminal_says_where_the_code_of_a_cure_stands():
    where = "stands in report.md, which --output FOLDER (make: OUTPUT=)"
    assert where in terminal(audit(cures=[cure()]))
    assert where not in terminal(audit(cures=[cure(code="")]))


def test_a_terminal_counts_the_hazards_that_it_leaves_out():
    assert "hazard: 3 more on the page" in terminal(audit(hazards=[hazard()] * 7))


def test_predictions_that_do_not_change_are_one_sentence():
    calm = [pads_row(side, flips=0.0, largest=1e-8, probability=0.0) for side in ("pre", "post")]
    for write in PAGES:
        text = write(audit(pre=EXACT, outputs=calm))
        assert "Under pre- or post-padding no prediction changes by more than rounding." in text
        assert "classes that change" not in text


def test_predictions_that_change_are_told_with_intervals_and_accuracy():
    rows = [pads_row(accuracy=0.88), pads_row(condition="batch", pads=None), pads_row(condition="width", pads=None)]
    text = markdown(audit(outputs=rows))
    assert cells(text, "pre, 4 pads") == ["pre, 4 pads", "20 % [15, 25]", "0.010", "0.030", "88 %, −2.0 points"]
    assert cells(text, "pre, in a batch")[-1] == cells(text, "pre, to its width")[-1] == "–"
    assert "Against the same texts without a pad." in text


def test_an_output_that_is_no_class_has_no_share_of_classes():
    rows = [pads_row(flips=0.0, probability=0.0, largest=0.5, output="price"), pads_row(output="class")]
    text = markdown(audit(outputs=rows))
    assert cells(text, "pre, 4 pads") == ["pre, 4 pads", "`price`", "–", "–", "0.50"]
    for write in PAGES:
        assert "classes that change" in write(audit(outputs=rows))
        assert "classes that change" not in write(audit(outputs=rows[:1]))


def test_a_model_of_one_width_is_compared_with_no_pad_moved():
    inputs = [InputFacts("ids", "tokens", 1, 0, 12)]
    text = markdown(audit(inputs=inputs))
    assert "pre, 4 pads moved" in text
    assert "The model takes one width alone" in text
    assert "moved" not in markdown(audit(inputs=inputs, outputs=[pads_row(), pads_row(condition="batch", pads=None)]))


def test_a_model_of_which_only_the_output_is_known_has_a_page():
    text = markdown(audit([], pre=leaks()))
    assert "Only the output could be compared." in text
    assert "```" not in text
    assert "svg" not in Page(html(audit([], pre=leaks()))).tags
    assert "Pre-padding leaks into the output" in terminal(audit([], pre=leaks()))


@pytest.mark.parametrize("write", PAGES)
@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_shown_for_its_side(write, verdict):
    text = write(audit(pre=leaks(leak(), verdict), post=None))
    assert verdict in text
    assert "post" not in text


@pytest.mark.parametrize("write", PAGES)
def test_hazards_cures_and_what_was_tested_are_told(write):
    model = replace(MODEL, file="m.keras", format="keras", saved_by="3.9.2", sha256="0123456789abcdef")
    text = write(audit(hazards=[hazard()], cures=[cure()], model=model, data="sample.csv"))
    text = re.sub(r"\s+", " ", "".join(Page(text).words) if write is html else text.replace("`", ""))
    for words in (
        "lstm keeps its state for the next batch.",
        "Average instead",
        "It was not tried, as it needs training.",
        "33 texts, sample.csv",
        "4 and 16 pads",
        "Keras 3.15.1 on tensorflow 2.21.0",
        "float32",
        "SHA-256 0123456789ab",
        "saved by Keras 3.9.2",
    ):
        assert words in text


def test_the_code_of_a_cure_stands_there_as_it_is():
    code = 'text = """\n```\n<b> & \\n\n"""'
    made = audit(cures=[cure(code)])
    assert f"````python\n{code}\n````" in markdown(made)
    assert code in "".join(Page(html(made)).words)


def test_a_terminal_shortens_the_chain_before_it_leaves_out_what_stands_behind_it():
    rows = [layer(f"embedding_{i}", Did.MADE) for i in range(30)] + [layer("pool", Did.DESTROYED, pre=0.5)]
    lines = terminal(audit(rows, hazards=[hazard("word " * 60)] * 3, cures=[cure()] * 3)).splitlines()
    assert len(lines) <= MOST_LINES
    assert "tensorflow 2.21.0" in lines[-1]
    short = terminal(audit(rows)).splitlines()
    assert sum("embedding_" in line for line in short) > sum("embedding_" in line for line in lines) >= 1
