from dataclasses import replace

import pytest

from stages.analysis.estimate import Estimate
from stages.reporting.format import (
    PERCENT,
    POINTS,
    RATIO,
    format_count,
    format_percent,
    format_plain,
    format_points,
    format_points_interval,
    format_ratio,
    listed,
)
from stages.stats.rounding import rounded
from stages.stats.verdicts import Verdict
from tests.reporting.findings import finding


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.38461538, "0.385"),
        (1.6, "1.60"),
        (123.4, "123"),
        (0.0, "0"),
        (0.0000467, "4.67e-5"),
        (3661.2, "3660"),
        (999.6, "1000"),
        (12_345.0, "1.23e4"),
        (54321.0, "5.43e4"),
        (-0.5, "−0.500"),
        (None, "–"),
    ],
)
def test_a_ratio_has_three_significant_digits(value, text):
    assert format_ratio(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0213, "2.1 %"), (0.0, "0.0 %"), (0.0001, "<0.1 %"), (1.0, "100.0 %"), (None, "–")]
)
def test_a_share_is_a_percentage_with_one_decimal(value, text):
    assert format_percent(value) == text


def test_a_difference_carries_its_sign():
    assert format_points(0.044) == "+4.4"
    assert format_points(-0.0001) == "0.0"
    assert format_points_interval(-0.0034, 0.0915) == "[−0.3, +9.2]"
    assert format_points_interval(None, None) == ""


@pytest.mark.parametrize(("value", "text"), [(0.01, "0.01"), (1e-6, "1e-6"), (0.5, "0.5"), (5.0, "5")])
def test_a_chosen_number_gains_no_digits(value, text):
    assert format_plain(value) == text


def test_floats_are_rounded_wherever_they_stand_and_nothing_else_is():
    assert rounded({"a": [0.123456, 12345678], "b": None, "c": "0.123456"}) == {
        "a": [0.1235, 12345678],
        "b": None,
        "c": "0.123456",
    }


@pytest.mark.parametrize("value", (float("nan"), float("inf")))
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="no place in a report"):
        rounded({"a": [value]})


def test_counts_and_lists_read_well():
    assert format_count(4464000) == "4,464,000"
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"]), listed([])] == [
        "a",
        "a and b",
        "a, b and c",
        "",
    ]


KNOWN = finding(0.385, 0.31, 0.47, Verdict.DIFFERENT)
UNKNOWN = finding(reason="no seed learned")


def test_a_scale_writes_number_interval_and_verdict():
    assert RATIO.of(KNOWN) == "0.385 [0.310, 0.470]"
    assert RATIO.judged(KNOWN) == "0.385 [0.310, 0.470] DIFFERENT"
    assert PERCENT.judged(replace(KNOWN, low=None, high=None)) == "38.5 % DIFFERENT"
    assert POINTS.of(replace(KNOWN, estimate=-0.02, low=-0.03, high=0.0)) == "−2.0 [−3.0, 0.0]"


def test_what_is_exact_or_undefined_has_neither_interval_nor_verdict():
    exact = finding(0.0, 0.0, 0.0, Verdict.EXACT)
    assert (POINTS.of(exact), POINTS.judged(exact)) == ("0 (exact)", "0 (exact)")
    assert (RATIO.of(UNKNOWN), RATIO.judged(UNKNOWN), RATIO.judged(None)) == ("–", "–", "–")


def test_an_estimate_without_a_verdict_has_its_interval_alone():
    assert PERCENT.of(Estimate(0.021, 0.015, 0.029)) == "2.1 % [1.5, 2.9]"
    assert PERCENT.of(Estimate(0.021, None, None)) == "2.1 %"
