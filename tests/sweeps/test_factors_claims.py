"""C7, C8 and C9 decided from sweeps with planted effects."""

from dataclasses import replace

import pytest

from stages.sweeps.summary.factors import factors_report
from tests.sweeps import planted_sweeps as planted
from tests.sweeps.outcomes import report


def claims(*records, dataset="synthetic"):
    return {claim.id: claim for claim in factors_report(dataset, list(records), None).claims}


def test_without_sweeps_every_claim_is_open_and_names_its_sweeps():
    found = claims(dataset="mr")
    assert {each.stand for each in found.values()} == {"open"}
    for name in ("amount", "size", "downstream"):
        assert f"`make sweep NAME={name} DATASET=mr`" in found["C7"].figure
    assert "It takes generated texts" in found["C7"].figure
    assert "`make sweep NAME=length DATASET=synthetic`" in found["C7"].figure
    assert "`make sweep NAME=tuning DATASET=mr`" in found["C8"].figure
    assert "`make sweep NAME=truncation DATASET=mr`" in found["C9"].figure


def test_c7_is_decided_part_by_part():
    """Drift falls with units and grows with the amount; two layers change nothing; no sweep varies the length."""
    found = claims(*planted.everything())["C7"]
    assert found.stand == "depends"
    assert "shown for the amount of padding, the number of hidden units and the downstream layer" in found.depends_on
    assert "shown not to matter for the number of layers" in found.depends_on
    assert "open for the sequence length" in found.depends_on


def test_c7_quotes_the_ends_of_a_rising_axis():
    figure = claims(planted.size())["C7"].figure
    assert "`64` against `8` with post-padding: drift × 0.250 [0.249, 0.251]" in figure
    assert "`32` against `8`" not in figure


def test_c7_takes_the_furthest_level_with_a_drift_and_the_furthest_for_what_a_mask_gains():
    figure = claims(planted.amount())["C7"].figure
    assert "`longest` against `0.5` with post-padding: drift × 4.00" in figure
    assert "`longest*8` against `0.5` with post-padding: drift undefined, gain of a mask +35.0 [+34.9, +35.1]" in figure


def test_c7_stays_open_where_an_interval_shows_a_difference_alone_but_not_among_many():
    """Six seeds, drift × 1.3 with sd of logs .2: t = 3.2, p = .024 alone; there are two sides with two figures each."""

    def make(units):
        logs = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0) if units == "8" else (0.06, 0.46, 0.06, 0.46, 0.06, 0.46)
        cells = [
            cell.with_drift([2.718281828**log for log in logs])
            for side in ("pre", "post")
            for cell in planted.pair(side, 0.83, 0.87, turn=int(units == "8"), units=int(units))
        ]
        return report(*cells)

    record = planted.swept("size", {"model.units": [8, 32]}, make)
    (alone,) = (
        each
        for each in record.effects
        if each.estimand == "drift_ratio" and each.within == {"side": "post", "variant": "baseline"}
    )
    assert alone.low > 1.0
    figure = claims(record)["C7"].figure
    assert "**The number of hidden units: open.**" in figure


def test_c8_is_supported_where_attention_and_tuning_lessen_it_and_leave_some():
    """Attention has .2 of the drift. Tuning lifts .79 to .85 where a mask gives .87: 6 of 8 points, and 2 stay."""
    found = claims(planted.downstream(), planted.tuning())["C8"]
    assert found.stand == "supported"
    assert "`attention` with post-padding has the drift of `last` × 0.200 [0.197, 0.203]" in found.figure
    assert "a mask gains +8.0 [+7.9, +8.1] points before tuning" in found.figure
    assert "gain +6.0" in found.figure
    assert "75.0 % [74.3, 75.7] of the gap; +2.0 [+1.9, +2.1] stay" in found.figure


@pytest.mark.parametrize(
    ("drift", "tuned", "attention", "tuning"),
    [
        (3.0, {"best": 0.85}, "refuted", "supported"),  # attention has three times the drift
        (0.2, {"best": 0.869}, "supported", "refuted"),  # tuning leaves a tenth of a point
        (0.2, {"best": 0.7905, "other": 0.78}, "supported", "refuted"),  # tuning gains a twentieth of a point
    ],
)
def test_c8_depends_where_attention_and_tuning_differ(drift, tuned, attention, tuning):
    found = claims(planted.downstream(attention_drift=drift), planted.tuning(**tuned))["C8"]
    assert found.stand == "depends"
    assert found.depends_on == f"which: attention {attention}; tuning {tuning}"


def test_c8_without_one_of_its_sweeps_says_what_is_open():
    found = claims(planted.tuning())["C8"]
    assert found.depends_on == "which: attention open; tuning supported"
    assert "`make sweep NAME=downstream DATASET=synthetic`" in found.figure


def test_c9_names_the_narrowest_rows_that_cost_nothing_and_what_they_save():
    """With a mask .75 costs a tenth of a point and computes 900 of 1300 tokens; .5 costs 5 points."""
    found = claims(planted.truncation())["C9"]
    assert found.stand == "supported"
    assert "`masked` (post): rows of 16 instead of 48 give −0.1 [−0.1, −0.1] points and 30.8 % fewer" in found.figure
    judged, beside = found.figure.split(" Not judged, for cutting removes padding there too: ")
    assert "baseline" not in judged
    assert "`baseline` (post): rows of 11 instead of 48" in beside


def test_c9_credits_no_removed_padding_to_truncation():
    """Every cut costs the masked model, and the unmasked one gains what it loses of its padding: that is not C9."""
    falling = {"0.5": 0.70, "0.75": 0.75, "0.95": 0.80, "1.0": 0.87}
    found = claims(planted.truncation(masked=falling))["C9"]
    assert (found.stand, found.depends_on) == ("refuted", None)
    assert "no narrower width is shown to cost no accuracy; rows of 31 instead of 48 give −7.0" in found.figure


def test_c9_is_open_without_masked_rows():
    record = planted.truncation()
    found = claims(replace(record, rows=[row for row in record.rows if row.unmasked]))["C9"]
    assert (found.stand, "no two widths of masked rows" in found.figure) == ("open", True)
