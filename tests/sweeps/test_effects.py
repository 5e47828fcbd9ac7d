"""Effects paired by seed, by hand."""

import pytest

from stages.sweeps.findings.effects import (
    BOTH_EXACT,
    FROM_EXACT,
    NEITHER_LEARNED,
    NOT_LEARNED,
    ONE_EXACT,
    TO_EXACT,
    effects,
    repeated_variants,
)
from stages.sweeps.findings.rows import sweep_rows
from tests.sweeps.outcomes import EXACT, cell, grid_of_sweep, outcomes, report, sweep


def grid(make, axes=None):
    found = sweep(axes or {"model.units": [8, 32]})
    return grid_of_sweep(found, outcomes(found, make))


def effect(found, axis, estimand, level=None, **within):
    mine = [
        each
        for each in effects(found)
        if (each.axis, each.estimand, each.within) == (axis, estimand, within) and level in (None, each.level)
    ]
    assert len(mine) == 1
    return mine[0]


def test_accuracy_is_a_difference_within_seeds():
    found = grid(lambda units: report(cell(accuracy=(0.7, 0.7, 0.7) if units == "8" else (0.71, 0.72, 0.73))))
    it = effect(found, "model.units", "accuracy")
    assert (it.level, it.reference, it.scale, it.n_seeds) == ("32", "8", "difference", 3)
    assert it.estimate == pytest.approx(0.02)
    assert it.low == pytest.approx(0.02 - 0.02484138)
    assert it.verdict is None


def test_drift_is_a_ratio_of_geometric_means_over_the_seeds_defined_on_both_sides():
    found = grid(
        lambda units: report(
            cell(drift=(1.0, 1.0, 1.0), learned=[True, True, False]) if units == "8" else cell(drift=(2.0, 8.0, 99.0))
        )
    )
    it = effect(found, "model.units", "drift_ratio")
    assert (it.scale, it.n_seeds, it.left_out) == ("ratio", 2, 1)
    assert it.estimate == pytest.approx(4)
    assert it.verdict is None


@pytest.mark.parametrize(
    ("first", "second", "reason", "verdict"),
    [
        (EXACT, EXACT, BOTH_EXACT, "EXACT"),
        ((1.0, 2.0, 4.0), EXACT, TO_EXACT, None),
        (EXACT, (1.0, 2.0, 4.0), FROM_EXACT, None),
    ],
)
def test_an_exact_zero_has_no_ratio_and_says_so(first, second, reason, verdict):
    found = grid(lambda units: report(cell(drift=first if units == "8" else second)))
    it = effect(found, "model.units", "drift_ratio")
    assert (it.estimate, it.low, it.reason, it.verdict) == (None, None, reason, verdict)


def test_exact_zeros_on_either_side_have_no_direction():
    def make(units):
        left, right = ((1.0, 2.0, 4.0), EXACT) if units == "8" else (EXACT, (1.0, 2.0, 4.0))
        return report(cell(side="pre", drift=left), cell(side="post", drift=right))

    assert effect(grid(make), "model.units", "drift_ratio").reason == ONE_EXACT


def test_flips_of_two_exact_rows_are_not_averaged_as_zeros():
    def make(units):
        moved = (0.1, 0.2, 0.3) if units == "8" else (0.2, 0.4, 0.6)
        return report(cell(flips=moved), cell(variant="masked", drift=EXACT, flips=EXACT))

    it = effect(grid(make), "model.units", "flip_rate")
    assert it.estimate == pytest.approx(0.2)
    assert (it.combinations, it.of_combinations) == (1, 1)
    assert effect(grid(make), "model.units", "flip_rate", variant="masked").reason == BOTH_EXACT


def test_two_accuracies_at_chance_are_not_compared():
    found = grid(lambda units: report(cell(learned=[False] * 3)))
    it = effect(found, "model.units", "accuracy")
    assert (it.estimate, it.reason, it.verdict) == (None, NEITHER_LEARNED, "UNDEFINED")
    assert effect(found, "model.units", "drift_ratio").reason == NOT_LEARNED


def test_a_difference_that_is_0_in_every_seed_is_exact():
    it = effect(grid(lambda units: report(cell())), "model.units", "accuracy")
    assert (it.estimate, it.low, it.high, it.verdict) == (0.0, 0.0, 0.0, "EXACT")


def test_an_accuracy_that_falls_to_chance_is_compared():
    found = grid(
        lambda units: report(cell(accuracy=(0.5, 0.5, 0.51), learned=[False] * 3) if units == "32" else cell())
    )
    assert effect(found, "model.units", "accuracy").estimate == pytest.approx(1.51 / 3 - 0.82)


def test_an_average_is_over_combinations_within_each_seed():
    def make(units):
        shift = 0.0 if units == "8" else 0.1
        more = 0.0 if units == "8" else 0.3
        return report(
            cell(side="pre", accuracy=(0.5 + shift, 0.5 + shift, 0.5 + shift)),
            cell(side="post", accuracy=(0.5 + more, 0.5 + more, 0.5 + more)),
        )

    found = grid(make)
    assert effect(found, "model.units", "accuracy").estimate == pytest.approx(0.2)
    assert effect(found, "model.units", "accuracy").combinations == 2
    assert effect(found, "model.units", "accuracy", side="post").estimate == pytest.approx(0.3)
    assert effect(found, "side", "accuracy", **{"model.units": "32"}).estimate == pytest.approx(0.2)


def test_computed_tokens_are_counted():
    found = grid(lambda units: report(cell(computed=1000 if units == "8" else 4000)))
    it = effect(found, "model.units", "computed_tokens")
    assert (it.estimate, it.low, it.high) == (pytest.approx(4), None, None)


def test_the_reference_is_the_first_label_and_the_baseline():
    found = grid(lambda units: report(cell(variant="masked"), cell(variant="baseline")), {"model.units": [32, 8]})
    assert {axis: labels[0] for axis, labels in found.axes.items()} == {"model.units": "32", "variant": "baseline"}


def test_copies_of_the_baseline_are_no_levels():
    found = grid(
        lambda units: report(cell(same=False), cell(variant="double_mask", mask="embedding+masking", same=True))
    )
    assert "variant" not in found.axes
    assert {row.variant for row in found.rows} == {"baseline"}


def test_an_axis_is_found_by_what_it_changes():
    found = grid(lambda size: report(cell()), {"size": {"small": {"model.units": 8}, "large": {"model.units": 32}}})
    assert found.changing("model.units") == "size"
    assert found.changing("train.trim") is None


def test_a_drift_that_is_rounding_is_no_part_of_a_ratio():
    found = grid(lambda units: report(cell(drift=(1e-15, 2e-15, 4e-15) if units == "8" else (1.0, 2.0, 4.0))))
    assert effect(found, "model.units", "drift_ratio").estimate is None


def test_an_interval_of_a_difference_of_shares_ends_where_such_differences_end():
    def make(units):
        return report(cell(accuracy=(0.1, 0.1), drift=(1.0, 1.0), flips=(0.0, 0.0) if units == "8" else (0.1, 0.9)))

    it = effect(grid(make), "model.units", "flip_rate")
    # t(1) = 12.7: the interval of .1 and .9 would be 0.5 ± 5.1
    assert (it.low, it.high) == (-1.0, 1.0)


def test_variants_that_repeat_another_are_named_with_it():
    def make(units):
        later = 0.8 if units == "8" else 0.9
        return report(
            cell(),
            cell(variant="masked"),
            cell(variant="explicit", mask="explicit"),
            cell(variant="zeroed_row", mask="embedding", accuracy=(0.8, 0.82, 0.84 + (units == "32") / 100)),
            cell(variant="cnn", recurrent="none", accuracy=(later,) * 3),
            cell(variant="double_mask", mask="embedding+masking", same=True),
        )

    rows = sweep_rows(outcomes(sweep({"model.units": [8, 32]}), make))
    assert repeated_variants([row for row in rows if row.variant != "baseline"]) == {"explicit": "masked"}
