"""What a distrusting reader asks of the sentences: each rule is met by a case on either side of it."""

from dataclasses import replace

from stages.analysis.estimate import SeedCount
from stages.reporting.documents import report_markdown
from tests.reporting.analyses import (
    LEAK,
    with_cells,
)


def test_coverage_with_few_seeds_is_told_where_seeds_are_few(deep_results):
    few, many = (report_markdown(deep_results({"train.seeds": seeds}, drift=LEAK)) for seeds in (3, 4))
    assert "With three seeds those of changes of NLL and Brier cover 88 to 90 %" in few
    assert "With three seeds" not in many
    for text in (few, many):
        assert "`tests/calibration.md`" in text
        assert "intervals are not widened for that" in text


def without_probes(results):
    return with_cells(results, lambda cell: replace(cell, probes=None))


def test_probes_say_on_how_many_texts(deep_results):
    probed = deep_results(drift=LEAK)
    assert "Probes read 40 texts; intervals speak of new seeds" in report_markdown(probed)
    assert "Intervals speak of new seeds on these texts" in report_markdown(without_probes(probed))


def test_pads_that_follow_from_the_length_are_named_and_not_called_dilution(deep_results):
    probed = deep_results(drift=LEAK)
    assert "Under padding as in training the pads follow from the length" in report_markdown(probed)
    assert "the pads follow from the length" not in report_markdown(without_probes(probed))


def with_sign_flips(cell):
    flips = {"c_lstm_1": SeedCount(significant=5 if cell.side == "post" else 0, of=6)}
    return replace(cell, conditions=[replace(condition, sign_flips=flips) for condition in cell.conditions])


def test_few_texts_are_told_by_sign_flips(deep_results):
    many = deep_results(drift=LEAK)
    assert "flipping the signs" not in report_markdown(many)
    said = report_markdown(with_cells(many, with_sign_flips))
    assert "(p < .05) in 0 of 6 seeds of `baseline` (pre) for `c_lstm_1`, 0 of 6 seeds of `masked` (pre)" in said
    assert "5 of 6 seeds of `baseline` (post) for `c_lstm_1`" in said
