"""The document as a whole: in form for every outcome, with every key and with none, and in the order promised."""

import re
from dataclasses import replace
from html import unescape

import pytest

from stages.reporting.documents import report_html, report_markdown
from stages.reporting.figures.registry import FIGURES
from stages.reporting.format import listed
from tests.reporting.analyses import EXACT, LEAK, NOTHING, SMALL, with_cells, with_report

OUTCOMES = {
    "leak": ({}, {"drift": LEAK}),
    "no leak": ({}, {"drift": SMALL, "flips": EXACT}),
    "nothing moves": ({}, {"drift": EXACT}),
    "at chance": ({}, {"drift": NOTHING, "flips": NOTHING, "learned": False}),
    "nobody learns": ({}, {"drift": NOTHING, "flips": NOTHING, "masked_drift": NOTHING, "learned": False}),
    "one seed": ({"train.seeds": 1}, {"drift": LEAK, "gain": {**NOTHING, "estimate": 0.04}}),
    "one side": ({"pad.sides": ["post"]}, {"drift": LEAK}),
    "no baseline": ({"train.variants": ["masked", "double_mask"]}, {"drift": LEAK}),
    "baseline alone": ({"train.variants": ["baseline"]}, {"drift": LEAK}),
    "seven classes": ({"dataset": "snips"}, {"drift": LEAK, "classes": 7, "truth": False}),
    "one number of pads": ({"export.pads": [0, 4], "report.pads": 4}, {"drift": LEAK}),
}


@pytest.fixture(params=("as trained", "served otherwise", "little known", "no recurrent layer"))
def document(request, results, deep_results):
    def head_alone(of_states):
        return of_states and {"head": of_states["head"]}

    def no_recurrent_layer(cell):
        conditions = [
            replace(each, states=head_alone(each.states), drift_ratio=head_alone(each.drift_ratio))
            for each in cell.conditions
        ]
        return replace(cell, conditions=conditions, vectors=["head"])

    def little_known(cell):
        conditions = [replace(condition, states=None, distributions=None) for condition in cell.conditions]
        return replace(cell, conditions=conditions, probes=None, forgetting=None, pad_step=None, path=None)

    def make(changes, outcome):
        found = (results if request.param == "as trained" else deep_results)(changes, **outcome)
        change = {"little known": little_known, "no recurrent layer": no_recurrent_layer}.get(request.param)
        return report_markdown(found if change is None else with_cells(found, change))

    return make


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_in_form(outcome, document):
    text = document(*OUTCOMES[outcome])
    words = set(re.findall(r"\w+", text))
    assert not words & {"None", "nan", "NaN", "inf", "Infinity", "Undefined()"}
    width = None
    for line in text.splitlines():
        cells = len(re.split(r"(?<!\\)\|", line)) if line.startswith("|") else None
        assert cells is None or width is None or cells == width, line
        width = cells
    assert "\n\n\n" not in text
    assert not re.search(r"\.\.(?!\.)|(?<=\S)  +[a-z]|\w ,|\( ", text.split("With these params")[0].replace("…", ""))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_link_to_a_heading_leads_somewhere(outcome, document):
    text = document(*OUTCOMES[outcome])
    headings = [
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ]
    assert len(set(headings)) == len(headings)
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        assert target in headings


def test_the_order_is_answer_advice_verdicts_claims_questions_figures_limits_details_method(deep_results):
    text = report_markdown(deep_results(drift=LEAK))
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "What to do on Monday",
        "The six verdicts",
        "What was claimed elsewhere",
        "What people ask",
        "Figures",
        "What this run cannot show",
        "Details",
        "How it was computed",
        "How to repeat it",
    ]
    assert re.findall(r"^(\d)\. ", text.split("## What to do")[0], re.MULTILINE) == ["1", "2", "3"]


def test_every_figure_has_its_caption_right_behind_it(deep_results):
    text = report_markdown(deep_results(drift=LEAK))
    for name, (_, caption) in FIGURES.items():
        assert re.search(rf"!\[[^\]]+\]\(figures/{name}\.svg\)\n\n{re.escape(caption)}\n", text), name


def test_all_claims_and_questions_are_told_with_their_stand(deep_results):
    found = deep_results(drift=LEAK)
    text = report_markdown(found)
    for claim in found.report.claims:
        assert f"| {claim.claim} | **{claim.stand}**" in text
    for question in found.report.questions:
        assert f"- **{question.question}** {question.answer}" in text


def test_a_table_that_has_no_rows_says_why(results):
    text = report_markdown(results({"train.variants": ["baseline"]}, drift=EXACT))
    for section in ("Training across seeds", "Distributions"):
        body = re.search(rf"### {section}\n(.*?)\n##", text, re.DOTALL)[1]
        assert "Undefined: " in body


def test_names_that_look_like_markup_are_shown_letter_by_letter(deep_results):
    names = ["_a_", "<b>", "*c*", "[d](e)", "f|`g`", "&lt;", "$h$"]
    found = deep_results(drift=LEAK)
    corpus = found.report.dataset.corpus
    splits = {name: replace(split, classes=dict.fromkeys(names, 1)) for name, split in corpus.splits.items()}
    named = replace(found.report.dataset, name="_mine_", corpus=replace(corpus, classes=names, splits=splits))
    html = report_html(with_report(found, dataset=named), dict.fromkeys(FIGURES, '<svg viewBox="0 0 9 9"></svg>'))
    assert re.search(r"<title>[^<]*\(_mine_\)</title>", html)
    (classes,) = re.findall(r"The corpus has 7 classes: (.*?)\.\n? ?Always", html)
    assert not re.search(r"<(?!/?p>)", classes)
    assert unescape(classes) == listed([f"{name} (3 texts)" for name in names])


def test_the_confound_of_batch_padding_is_told(deep_results):
    text = report_markdown(deep_results(drift=LEAK))
    assert "A probe that reads pads there proves nothing" in text
