"""The words and numbers of an audit."""

from itertools import product
from math import inf, nan

import pytest

from stages.padding_audit.result import Cause, SideFinding, Verdict
from stages.padding_audit.sentences import MOST_WORDS, answer, because, listed, name, number, percent
from tests.padding_audit.audits import EXACT, leak, leaks


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (leak(Cause.NO_MASK, None, "lstm"), "no layer before it makes a mask for its steps"),
        (leak(Cause.LOST, "multiply", "lstm"), "`multiply` drops the mask silently"),
        (leak(Cause.LOST, "mean", "mean"), "it drops the mask silently"),
        (leak(Cause.LOST, None, "lstm"), "code between two layers drops the mask silently"),
        (leak(Cause.DESTROYED, "conv", "lstm"), "`conv` drops the mask"),
        (leak(Cause.DESTROYED, "pool", "pool"), "it drops the mask"),
        (leak(Cause.REPLACED, "masking", "lstm"), "`masking` replaces the mask by one that takes pads for text"),
        (leak(Cause.NOT_HANDED, None, "lstm"), "Keras does not hand it the mask"),
        (leak(Cause.MISALIGNED, "back", "lstm"), "the mask behind `back` marks other steps than the pads"),
        (leak(Cause.MISALIGNED, None, "lstm"), "the mask marks other steps than the pads"),
        (leak(Cause.MISUSED, None, "own"), "it gets the right mask and reads pads all the same"),
        (leak(Cause.MIXES_STEPS, None, "norm"), "it computes across steps and ignores the mask"),
        (leak(Cause.FIXED_WIDTH, None, "flat"), "every place in a text has weights of its own"),
    ],
)
def test_every_cause_has_plain_words_that_name_the_culprit(first, words):
    assert because(first) == words
    assert answer({"pre": leaks(first)}) == f"Pre-padding leaks from layer `{first.path}` on, because {words}."


def test_every_cause_is_tested():
    causes = test_every_cause_has_plain_words_that_name_the_culprit.pytestmark[0].args[1]
    assert {first.cause for first, _ in causes} == set(Cause)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.PROVEN, "Pre- and post-padding are proven exact for any number of pads."),
        (Verdict.EXACT, "Pre- and post-padding are exact."),
        (Verdict.ROUNDING, "Pre- and post-padding are exact up to rounding."),
        (Verdict.LEAKS, "Pre- and post-padding leak into the output."),
        (Verdict.UNDEFINED, "Pre- and post-padding cannot be judged, as an output is not a number."),
    ],
)
def test_every_verdict_has_a_sentence(verdict, sentence):
    finding = SideFinding(verdict, 0.0, None, None)
    assert answer({"pre": finding, "post": finding}) == sentence


def test_the_same_leak_on_both_sides_is_told_once():
    sentence = answer({"pre": leaks(leak()), "post": leaks(leak())})
    assert sentence == "Pre- and post-padding leak from layer `pool` on, because it drops the mask."


@pytest.mark.parametrize("leaking", ["pre", "post"])
def test_the_side_that_leaks_stands_first(leaking):
    other = "post" if leaking == "pre" else "pre"
    sides = {side: leaks(leak()) if side == leaking else EXACT for side in ("pre", "post")}
    first = f"{leaking.capitalize()}-padding leaks from layer `pool` on, because it drops the mask"
    assert answer(sides) == f"{first}; {other}-padding is exact."


def test_two_leaks_are_two_sentences():
    sides = {"pre": leaks(leak(Cause.NO_MASK, None, "lstm")), "post": leaks(leak())}
    assert answer(sides) == (
        "Pre-padding leaks from layer `lstm` on, because no layer before it makes a mask for its steps. "
        "Post-padding leaks from layer `pool` on, because it drops the mask."
    )


def test_what_is_undefined_names_the_first_layer_that_reads_pads():
    sides = {"pre": leaks(leak(), Verdict.UNDEFINED), "post": EXACT}
    assert answer(sides) == (
        "Pre-padding cannot be judged, as an output is not a number. The first to read pads is layer `pool`: "
        "it drops the mask. Post-padding is exact."
    )


def test_a_later_call_is_named():
    assert "from layer `encoder/lstm`, call 2, on, because" in answer({"pre": leaks(leak(path="encoder/lstm", call=2))})


def test_no_sentence_is_longer_than_25_words():
    findings = [
        *(
            leaks(leak(cause, culprit, "encoder/lstm"))
            for cause, culprit in product(Cause, (None, "conv", "encoder/lstm"))
        ),
        *(SideFinding(verdict, 0.0, None, None) for verdict in Verdict),
        leaks(leak(), Verdict.UNDEFINED),
    ]
    for pre, post in product(findings, repeat=2):
        for sentence in answer({"pre": pre, "post": post}).split(". "):
            assert len(sentence.split()) <= MOST_WORDS, sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.64321, "0.64"),
        (0.05, "0.050"),
        (0.00123, "0.0012"),
        (1.234e-7, "1.2e-7"),
        (9.96e-4, "1.0e-3"),
        (1.0, "1.0"),
        (12.4, "12"),
        (9.97, "10"),
        (123.4, "120"),
        (None, "–"),
        (nan, "NaN"),
        (inf, "∞"),
    ],
)
def test_numbers_have_two_digits_and_0_is_exact(value, text):
    assert number(value) == text


def test_a_share_is_told_in_percent_with_its_interval():
    assert percent(0.034, 0.0213, 0.0541) == "3.4 % [2.1, 5.4]"
    assert percent(0.0, 0.0, 0.104) == "0 % [0, 10]"
    assert percent(1.0, 0.8957, 1.0) == "100 % [90, 100]"
    assert percent(1 / 3) == "33 %"


def test_lists_read_as_sentences_do():
    assert [listed(words) for words in (["1"], ["1", "4"], ["1", "4", "16"])] == ["1", "1 and 4", "1, 4 and 16"]


def test_a_name_cannot_end_its_own_code_span_or_steer_a_terminal():
    assert name("a`b\x1b[31m\n") == "`a'b�[31m�`"
