"""What a sweep's JSON holds, and what the findings of each kind of sweep say, by hand."""

import json

import pytest

from stages.stats.rounding import rounded
from stages.sweeps.findings.heads import what_head_keeps
from stages.sweeps.findings.main_effects import chosen_levels
from stages.sweeps.findings.rows import sweep_rows
from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.findings.words import label_text, where
from stages.sweeps.sweep_json import SweepReport
from tests.sweeps import examples
from tests.sweeps.outcomes import EXACT, cell, outcomes, report, sweep


def found(content, identity, **levels):
    of_kind = [finding for finding in content.findings if finding.id == identity]
    return [finding for finding in of_kind if levels.items() <= getattr(finding, "levels", {}).items()]


def one(content, identity, **levels):
    (it,) = found(content, identity, **levels)
    return it


@pytest.fixture(scope="module")
def contents():
    return {name: make() for name, make in examples.EXAMPLES.items()}


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_every_float_is_rounded_and_json_holds_it(contents, name):
    content = contents[name].to_json()
    assert rounded(content) == content
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert SweepReport.from_json(content) == contents[name]


def test_the_head_of_a_sweep(contents):
    content = contents["units"]
    assert content.schema == 2
    assert content.command == "make sweep NAME=units DATASET=synthetic"
    assert content.experiments == 6
    assert content.seeds == [0, 1, 2, 3]
    assert content.to_json()["texts"] == {"train": 60, "test": 40, "exported": 40, "alike": True}
    assert [axis.name for axis in content.axes] == ["model.units", "model.layers", "side", "variant"]
    assert content.to_json()["axes"][0] == {
        "name": "model.units",
        "labels": ["8", "32", "128"],
        "sets": {"8": {"model.units": 8}, "32": {"model.units": 32}, "128": {"model.units": 128}},
    }
    assert content.axes[0].changes == ["model.units"]
    assert (content.axes[2].sets, content.axes[2].changes) == ({}, [])
    assert len(content.rows) == 6 * 4


def test_settings_are_those_of_the_dataset_and_the_command_tells_another_number_of_texts():
    it = sweep(
        {"model.units": [8, 32]},
        set={"corpus.max_texts": 1600, "train.seeds": 6},
        datasets={"synthetic": {"train.seeds": 8}},
    )
    smaller = [*it.points("synthetic", 200)]
    made = outcomes(it, lambda units: report(cell()))
    assert sweep_report(it, "synthetic", made).settings == {"corpus.max_texts": 1600, "train.seeds": 8}
    changed = [type(each)(point, each.report) for each, point in zip(made, smaller, strict=True)]
    content = sweep_report(it, "synthetic", changed)
    assert content.settings["corpus.max_texts"] == 200
    assert content.command == "make sweep NAME=trial DATASET=synthetic TEXTS=200"


def test_texts_that_differ_between_experiments_are_told_as_the_fewest():
    it = sweep({"model.units": [8, 32]})
    content = sweep_report(it, "synthetic", outcomes(it, lambda units: report(cell(), texts=50 + int(units))))
    assert (content.texts.train, content.texts.alike) == (58, False)


def test_copies_are_named_and_stand_in_rows_alone():
    it = sweep({"model.units": [8, 32]})
    make = outcomes(it, lambda units: report(cell(), cell(variant="double_mask", mask="embedding+masking", same=True)))
    content = sweep_report(it, "synthetic", make)
    assert content.copies == ["double_mask"]
    assert len(content.rows) == 4
    assert "double_mask" not in json.dumps([content.to_json()[key] for key in ("effects", "findings")])


def test_the_threshold_of_unmasked_post_padding(contents):
    it = one(contents["amount"], "threshold")
    # two seeds fall between .86 and .93, two between .93 and .97: .895, .895, .95, .95
    assert it.estimate == pytest.approx(0.9225, abs=1e-4)
    assert it.levels == {"side": "post", "variant": "baseline"}
    assert it.bracket == [0.86, 0.97]
    # sd .0317543, half width 3.182446 * sd / 2
    assert it.low == pytest.approx(0.9225 - 0.05053, abs=1e-4)
    assert "At chance with 97.0 % padding: no seed of `baseline` (pre)" in it.text
    assert it.in_answer


def fallen(**last):
    """Rows at three shares, where seed s learns up to the share that `last` names."""
    it = sweep({"pad.max_len": [48, 96, 192]})
    shares = {"48": 0.5, "96": 0.7, "192": 0.9}
    order = list(last.values())

    def make(max_len):
        learned = [shares[max_len] <= each for each in order]
        cells = [cell(accuracy=[0.8 if ok else 0.5 for ok in learned], learned=learned)]
        return report(*cells, max_len=int(max_len), share=shares[max_len])

    return one(sweep_report(it, "synthetic", outcomes(it, make)), "threshold")


def test_a_censored_threshold_has_a_bracket_in_place_of_a_mean():
    it = fallen(a=0.5, b=0.7, c=0.9)
    assert (it.estimate, it.never_fell, it.bracket) == (None, 1, [0.5, 0.9])
    assert "1 of 3 seeds still learn at 90.0 %" in it.text
    assert "2 fall to chance between 50.0 % and 90.0 % padding" in it.text


def test_seeds_that_all_fall_between_the_same_shares_have_no_interval():
    it = fallen(a=0.5, b=0.5, c=0.5)
    assert (it.low, it.high) == (None, None)
    assert it.text == "`baseline` (post) falls to chance between 50.0 % and 70.0 % padding, in every seed of 3."


def test_seeds_that_never_fall_are_said_to():
    assert "never falls to chance: all 2 seeds learn at 90.0 % padding" in fallen(a=0.9, b=0.9).text
    assert "is at chance from the smallest share tried on, 50.0 %" in fallen(a=0.1, b=0.1).text


def test_widths_that_cut_texts_have_no_threshold_and_those_beyond_the_longest_no_knee(contents):
    assert not found(contents["truncation"], "threshold")
    assert not found(contents["amount"], "knee")


def test_truncation_tells_the_shortest_width_and_the_knee(contents):
    it = one(contents["truncation"], "knee", variant="baseline")
    assert it.shortest.max_len == 28
    assert it.shortest.computed_ratio == pytest.approx(28 / 48, abs=1e-4)
    # scaled: (.2, .93), (.5, .99) over the chord from (0, 0) to (1, 1)
    assert (it.knee.max_len, it.seeds_with_this_knee) == (16, 4)
    assert (
        "rows of 28 instead of 48 save 41.7 % of the computed tokens, and are shown to lose less than 1.0 %." in it.text
    )


def test_a_knee_of_the_mean_that_few_seeds_have_is_none():
    # One seed of three bends at 16, the others do not depend on the width; so does their mean.
    by_width = {"8": (0.5, 0.5, 0.5), "16": (0.8, 0.5, 0.5), "28": (0.8, 0.5, 0.5), "48": (0.8, 0.5, 0.5)}
    it = sweep({"pad.max_len": [8, 16, 28, 48]})

    def make(max_len):
        cut = 0.0 if max_len == "48" else 0.5
        return report(
            cell(accuracy=by_width[max_len], computed=100 * int(max_len)), max_len=int(max_len), truncated=cut
        )

    found = one(sweep_report(it, "synthetic", outcomes(it, make)), "knee")
    assert (found.knee, found.seeds_with_this_knee) == (None, 1)
    assert "knee" not in found.text


def test_the_shortest_width_is_reached_from_the_widest_without_a_failure():
    # Rows of 8 look as good as the widest, rows of 16 do not: the walk from 48 down stops before 16.
    middle = {"8": (0.80, 0.81, 0.82), "16": (0.5, 0.8, 0.9), "48": (0.80, 0.81, 0.82)}
    it = sweep({"pad.max_len": [8, 16, 48]})

    def make(max_len):
        cut = 0.0 if max_len == "48" else 0.5
        return report(cell(accuracy=middle[max_len]), max_len=int(max_len), truncated=cut)

    content = sweep_report(it, "synthetic", outcomes(it, make))
    assert one(content, "knee").shortest.max_len == 48
    assert "no row shorter than 48 is shown to lose less than 1.0 %" in one(content, "knee").text


def test_batching_modes_are_compared_in_pairs(contents):
    it = one(contents["batching"], "equivalence")
    pairs = {(each.level, each.reference): each for each in it.pairs}
    assert len(pairs) == 3
    assert pairs["per batch", "fixed"].tost_p < 0.05
    assert pairs["bucketed", "fixed"].tost_p > 0.5
    assert pairs["bucketed", "per batch"].computed_ratio == pytest.approx(0.55)
    assert "bucketed, −2.8 [−3.8, −1.7] points" in it.text


def test_tuning_is_chosen_by_validation_accuracy_and_measured_on_the_test():
    # By test accuracy .01 would win, by validation .1 does.
    test = {"0.001": 0.6, "0.01": 0.75, "0.1": 0.7}
    validation = {"0.001": 0.6, "0.01": 0.65, "0.1": 0.7}
    spread = (0.0, 0.01, 0.02)
    it = sweep({"train.learning_rate": [0.001, 0.01, 0.1]})

    def make(learning_rate):
        mine = tuple(test[learning_rate] + each for each in spread)
        return report(
            cell(accuracy=mine, validation=tuple(validation[learning_rate] + each for each in spread)),
            cell(variant="masked", accuracy=(0.8, 0.81, 0.83), drift=EXACT, flips=EXACT),
        )

    made = one(sweep_report(it, "synthetic", outcomes(it, make)), "tuning")
    assert made.default == {"train.learning_rate": "0.001"}
    assert made.best == {"train.learning_rate": "0.1"}
    # gaps .2, .2, .21 before and .1, .1, .11 after
    assert made.gap.estimate == pytest.approx(0.2033)
    assert made.gap_left.estimate == pytest.approx(0.1033)
    assert made.share_closed.estimate == pytest.approx(1 - 0.31 / 0.61, abs=1e-4)
    assert made.smallest_gap.levels == {"train.learning_rate": "0.01"}


def test_tuning_without_a_gap_closes_nothing_that_can_be_told():
    it = sweep({"train.learning_rate": [0.001, 0.01]})
    make = outcomes(it, lambda learning_rate: report(cell(), cell(variant="masked", accuracy=(0.84, 0.80, 0.82))))
    made = one(sweep_report(it, "synthetic", make), "tuning")
    assert made.share_closed.estimate is None
    assert "not shown to differ from 0" in made.text


def test_published_figures_stand_beside_ours(contents):
    it = one(contents["architecture"], "published")
    assert [(each.network, each.side, each.published) for each in it.table] == [
        ("lstm", "pre", 0.8), ("lstm", "post", 0.5), ("cnn", "pre", 0.75), ("cnn", "post", 0.75),
    ]  # fmt: skip
    assert [each.variant for each in it.table] == ["baseline", "baseline", "cnn", "cnn"]
    assert "1903.07288" in it.text
    assert not found(contents["units"], "published")


def test_the_matrix_tells_which_heads_keep_and_which_break(contents):
    it = one(contents["downstream"], "matrix")
    assert it.breaks == ["mean_naive", "conv", "flatten"]
    assert it.keeps == ["last", "mean", "max", "attention", "multi_head_attention", "last_index"]
    assert "although the h of the recurrent layer itself is EXACT" in it.text
    assert "Without a mask no head is EXACT." in it.text


@pytest.mark.parametrize(
    ("drift", "state", "learned", "expected"),
    [
        (EXACT, EXACT, True, "keeps"),
        ((0.1, 0.2, 0.3), EXACT, True, "breaks"),
        ((3e-15, 2e-15, 4e-15), EXACT, True, "rounds"),
        ((0.1, 0.2, 0.3), (0.1, 0.2, 0.3), True, "leaks"),
        ((0.1, 0.2, 0.3), (0.1, 0.2, 0.3), False, "undefined"),
    ],
)
def test_the_fate_of_the_invariance(drift, state, learned, expected):
    it = sweep({"model.units": [8]})
    made = outcomes(it, lambda units: report(cell(drift=drift, state=state, learned=[learned] * 3)))
    assert what_head_keeps(sweep_rows(made)[0]) == expected


def test_serving_otherwise_tells_the_worst_condition(contents):
    it = one(contents["mismatch"], "mismatch", variant="baseline", side="pre")
    assert (it.worst.condition, it.worst.estimate, it.worst.verdict) == ("other-side", -0.3, None)
    assert "may be served in any way" in one(contents["mismatch"], "mismatch", variant="masked", side="pre").text
    assert not found(contents["units"], "mismatch")


def test_the_answer_of_a_plain_sweep_is_what_its_axes_do_to_the_baseline(contents):
    content = contents["units"]
    said = "`baseline` (pre), accuracy against units 8: +3.0 points with 32; +9.0 points with 128."
    assert said in content.answer
    assert content.answer.endswith("`masked` is EXACT in all 12 rows: the extra pads move nothing.")
    assert "`masked` (pre), units" not in content.answer


@pytest.mark.parametrize(
    ("levels", "estimates", "chosen"),
    [
        (["gru", "simple_rnn"], [0.1, 0.2], ["gru", "simple_rnn"]),
        (["16", "32", "128"], [0.1, 0.3, 0.2], ["128"]),
        (["mean", "max", "conv"], [0.1, -0.3, 0.2], ["max"]),
        (["mean", "max", "conv"], [None, None, None], ["conv"]),
    ],
)
def test_a_sentence_names_few_levels(levels, estimates, chosen):
    accuracies = dict(zip(levels, estimates, strict=True))
    assert chosen_levels(levels, accuracies) == chosen


def test_names_in_sentences():
    assert (
        where({"variant": "masked", "side": "post", "pad.max_len": "longest*2"})
        == "`masked` (post), max_len `longest*2`"
    )
    assert label_text("0.95") == "0.95"
    assert where({"side": "pre"}) == "pre-padding"
