"""What factors.md begins with: a decision that is short, agrees with its table, holds the gate and fits on a screen."""

import json
import re
import shlex

import pytest

from stages.reporting.format import POINTS
from stages.sweeps.summary.factors import factors_report
from stages.sweeps.summary.factors_json import FactorsReport
from stages.sweeps.summary.markdown import advice, command_lines, factors_markdown
from tests.conftest import committed
from tests.sweeps import planted_sweeps as planted
from tests.sweeps.outcomes import report as report_of
from tests.sweeps.test_sweep_json import FACTORS, WORDS

SCREEN, WIDTH, MOST_WORDS, MOST_LINES = 40, 140, 25, 3
DECISIONS = ["side", "mask", "max_len", "batching", "head"]

MASK = "**Mask the padding: `masked` keeps states and predictions exact.** The table says what else to choose."
REPORTS = {
    "planted": lambda: factors_report("synthetic", planted.everything(), None),
    "a better head that breaks the mask": lambda: factors_report(
        "synthetic", [planted.amount(), planted.downstream(naive=0.92)], None
    ),
    "serving costs most": lambda: factors_report("synthetic", [planted.mismatch()], None),
    "nothing costs anything": lambda: factors_report("synthetic", [planted.batching()], None),
    "a mask that costs accuracy": lambda: factors_report("synthetic", [masked_at(0.70)], None),
    **{path: lambda path=path: FactorsReport.from_json(json.loads(committed(path))) for path in FACTORS},
}


def masked_at(accuracy):
    """The sweep of widths, with a masked model that has one accuracy at all of them."""
    return planted.truncation(masked=dict.fromkeys(("0.5", "0.75", "0.95", "1.0"), accuracy))


@pytest.fixture(params=REPORTS, scope="module")
def report(request):
    return REPORTS[request.param]()


def first_screen(markdown):
    """Everything up to the end of the command."""
    head, command, _ = markdown.split("```", 2)
    return f"{head}```{command}```".splitlines()


def sentences(lines):
    """Those of the prose: the items on top, joined where they were broken, and what stands around the table."""
    prose = "\n".join(line for line in lines[1:] if not line.startswith("|")).split("```")[0]
    joined = re.sub(r"\n\s*(?=[^\s-])", " ", prose.replace("\n\n", "\n- "))
    items = [item.removeprefix("- ").replace("**", "").strip() for item in joined.splitlines()]
    return [sentence for item in items for sentence in re.split(r"(?<=[.:;])\s+", item) if sentence]


def figures(sentence):
    """Numbers that stand outside of names and intervals."""
    return re.findall(r"\d[\d.,]*", re.sub(r"`[^`]*`|\[[^\]]*\]", "", sentence))


def test_the_decision_fits_on_one_screen(report):
    lines = first_screen(factors_markdown(report))
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= WIDTH
    assert [line.split("|")[1].strip() for line in lines if line.startswith("|")][2:] == DECISIONS


def test_sentences_are_short_with_one_figure_each_and_no_bracket_in_another(report):
    assert 1 <= len(report.answer) <= MOST_LINES
    said = sentences(first_screen(factors_markdown(report)))
    assert len(said) >= len(report.answer)
    for sentence in said:
        assert len(sentence.split()) <= MOST_WORDS, sentence
        assert len(figures(sentence)) <= 1, sentence
        assert not re.search(r"[\[(][^\])]*[\[(]", sentence), sentence


def test_all_else_is_folded(report):
    rest = factors_markdown(report).split("```", 2)[2]
    outside = re.sub(r"<details>.*?</details>", "", rest, flags=re.DOTALL)
    assert not re.search(r"^[|#]", outside, flags=re.MULTILINE)
    summaries = re.findall(r"<summary>(.*?)</summary>", rest)
    assert len(summaries) == 5
    assert max(len(summary.split()) for summary in summaries) <= 6


def test_no_verdict_word_is_left(report):
    text = factors_markdown(report) + advice(report)
    assert not [word for word in WORDS if word in text]


def test_behind_an_exact_mask_every_choice_is_exact(report):
    decided = {decision.decision: decision for decision in report.decided}
    if decided["mask"].changes and decided["mask"].exact:
        assert all(decision.exact for decision in decided.values())


def test_the_command_sets_every_choice(report):
    assert shlex.split(command_lines(report.together).replace("\\\n", " ")) == shlex.split(report.together)
    for decision in report.decided:
        assert decision.knobs
        assert all(f"-S {shlex.quote(knob)}" in report.together for knob in decision.knobs)


def test_the_worst_factor_on_top_is_the_first_shown_one_of_the_table(report):
    shown = [factor for factor in report.factors if factor.axis != "variant" and factor.lead.shown]
    if shown:
        assert f"{shown[0].factor}, {POINTS.of(shown[0].lead)} points." in report.answer[1]
        assert POINTS.of(shown[0].lead) in factors_markdown(report).split("<summary>The factors, ranked")[1]
    else:
        assert report.answer[1:] == ["**No factor is shown to cost the unmasked model accuracy.**"]


def test_advice_prints_the_same_lines_table_and_command(report):
    lines = advice(report).splitlines()
    plain = [re.sub(r"`|\*\*", "", line) for line in report.answer]
    assert lines[: len(plain)] == plain
    assert [line.split()[0] for line in lines[len(plain) + 2 :][:5]] == DECISIONS
    assert advice(report).endswith(command_lines(report.together))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "planted",
            [
                MASK,
                "**What costs the unmasked model most: amount of padding, −35.0 [−35.2, −34.8] points.** "
                "That is `longest*8` against `0.5`, post.",
                "**There a mask gains +37.0 [+36.8, +37.2] points.**",
            ],
        ),
        (
            "serving costs most",
            [
                MASK,
                "**What costs the unmasked model most: served otherwise than trained, −20.0 [−27.8, −12.2] points.** "
                "That is `padding on the other side` against `as trained`, `longest`, pre.",
                "**Behind a mask that costs 0 (exact).**",
            ],
        ),
        (
            "a mask that costs accuracy",
            [
                "**Train without a mask: what keeps states and predictions exact is shown to cost accuracy.**",
                "**No factor is shown to cost the unmasked model accuracy.**",
            ],
        ),
    ],
)
def test_the_lines_on_top(name, lines):
    assert REPORTS[name]().answer == lines


def test_a_gain_whose_interval_holds_0_is_said_not_to_be_shown():
    """Both models lose 17 points between the widths, so that a mask gains nothing at the narrower one."""

    def make(max_len):
        accuracy, width = {"0.5": (0.70, 10), "1.0": (0.87, 48)}[max_len]
        return report_of(*planted.pair("post", accuracy, accuracy, turn=width), max_len=width)

    content = factors_report("synthetic", [planted.swept("truncation", {"pad.max_len": [0.5, 1.0]}, make)], None)
    assert content.answer[2].startswith("**There a mask gains 0.0 [")
    assert content.answer[2].endswith("] points, which is not shown.**")
