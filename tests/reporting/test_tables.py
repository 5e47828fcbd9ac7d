"""Rows stand for what they say: copies left out, exact rows together, reasons where a figure is missing."""

from dataclasses import replace

import pytest

from stages.analysis.contract_memory import FixedPoint, PadStep, PadStepSeed
from stages.reporting.format import format_p
from stages.reporting.tables import headline_table, pads_table, serving_table, training_table
from stages.reporting.tables_data import batching_table, law_table
from stages.reporting.tables_information import (
    distributions_table,
    every_pads_table,
    forgetting_table,
    information_table,
    pad_count_table,
    similarity_table,
    states_table,
)
from tests.reporting.analyses import LEAK, NOTHING, UNCLEAR, with_cells, with_report

DETAILS = (
    pads_table,
    serving_table,
    states_table,
    information_table,
    pad_count_table,
    forgetting_table,
    batching_table,
)


def texts(table):
    """The rows as they stand in Markdown."""
    return [list(map(str, row)) for row in table.rows]


def rows(table, side="post", variant="baseline"):
    """The rows of one cell, as dictionaries by the words of the header, keys left out."""
    header = table.header[2:]
    return [
        dict(zip(header, row[2:], strict=True)) for row in texts(table) if side in row[0] and row[1] == f"`{variant}`"
    ]


@pytest.mark.parametrize("table", DETAILS)
def test_copies_of_the_baseline_stand_in_the_first_table_alone(table, deep_results):
    found = deep_results(drift=LEAK)
    assert not rows(table(found), variant="double_mask")
    assert rows(table(found), variant="baseline")
    assert rows(headline_table(found), variant="double_mask")


@pytest.mark.parametrize("table", DETAILS)
def test_a_double_mask_that_is_no_copy_has_rows(table, deep_results):
    others = with_cells(deep_results(drift=LEAK), lambda cell: replace(cell, same_as_baseline=False))
    assert rows(table(others), variant="double_mask")


@pytest.mark.parametrize("table", (pads_table, serving_table, information_table))
def test_a_cell_that_no_condition_moves_has_one_row(table, deep_results):
    found = table(deep_results(drift=LEAK))
    (row,) = rows(found, variant="masked")
    assert "every condition" in row.values()
    assert len(rows(found)) >= 9  # seven numbers of pads, as trained, the other side
    moved = table(deep_results(drift=LEAK, masked_drift=UNCLEAR))
    assert len(rows(moved, variant="masked")) == len(rows(moved))


def test_chance_is_counted_in_the_cell_of_the_accuracy(results):
    (row,) = rows(headline_table(results(drift=NOTHING, flips=NOTHING, learned=False)))
    assert row["test accuracy"].endswith("6 of 6 seeds at chance")
    (row,) = rows(headline_table(results(drift=LEAK)))
    assert "chance" not in row["test accuracy"]


def test_the_first_table_holds_five_numbers(results):
    assert len(headline_table(results(drift=LEAK)).header) == 2 + 5


def test_serving_compares_every_condition_with_training(deep_results):
    found = {row["served with"]: row for row in rows(serving_table(deep_results(drift=LEAK)))}
    assert list(found)[:2] == ["as trained", "the text alone"]
    assert list(found)[-1] == "other side"
    assert found["as trained"]["change to as trained, points"] == "–"
    assert found["the text alone"]["change to as trained, points"] == "−3.0 [−3.3, −2.7]"
    assert found["16 extra pads"]["accuracy"] == "86.4 % [84.4, 88.4]"
    assert found["16 extra pads"]["change of NLL"] == "+0.0640 [0.0620, 0.0660]"
    assert found["16 extra pads"]["McNemar p < .05"] == "5 of 6"
    assert found["the text alone"]["flipped against the text alone"] == "–"


def test_models_at_chance_are_served_with_a_mean_that_says_so(deep_results):
    table = serving_table(deep_results(drift=NOTHING, flips=NOTHING, learned=False))
    row = rows(table)[0]
    assert row["accuracy"].endswith("(1)")
    assert table.notes[0].startswith("mean over all seeds")


def test_training_carries_p_and_the_smallest_difference(deep_results):
    (row,) = rows(training_table(deep_results(drift=LEAK)), variant="masked")
    assert list(row.values()) == [
        "+11.0 [+9.0, +13.0]", "0.031", "0.833 [0.440, 0.970]", "3.1", "6",
    ]  # fmt: skip


def test_one_seed_has_no_comparison_but_a_reason(deep_results):
    table = training_table(deep_results({"train.seeds": 1}, drift=LEAK, gain={**NOTHING, "estimate": 0.04}))
    (row,) = rows(table, variant="masked")
    assert row["exact sign-flip p"] == "– (1)"
    assert table.notes == ["no seed learned"]


def test_a_run_of_the_baseline_alone_has_no_comparison(deep_results):
    table = training_table(deep_results({"train.variants": ["baseline"]}, drift=LEAK))
    assert not table.rows
    assert "no variant but `baseline`" in table.why_empty


def test_every_state_has_a_row_and_exact_states_share_one(deep_results):
    table = states_table(deep_results(drift=LEAK))
    found = {row["state"]: row for row in rows(table)}
    assert list(found) == ["`h_lstm_1`", "`c_lstm_1`", "`head`"]
    assert found["`head`"]["share of units moved"] == "80.0 % [75.0, 85.0]"
    assert found["`head`"]["largest shift of a unit, sd"] == "0.900 [0.810, 0.990]"
    assert found["`head`"]["joint distance, sd"] == "1.70 [1.53, 1.87]"
    assert found["`head`"]["seeds with every unit within ε"] == "0 of 6"
    assert [row["state"] for row in rows(table, variant="masked")] == ["every state"]


def test_distributions_are_of_cells_that_move(deep_results):
    table = distributions_table(deep_results(drift=LEAK))
    assert not rows(table, variant="masked")
    first, *strata = rows(table)
    assert (first["texts"], first["KS, largest"]) == ("40", "0.800")
    assert [row["length of the texts"] for row in strata] == ["4 to 7", "8 to 11", "12 to 16", "17 to 31"]
    assert not distributions_table(deep_results(drift=NOTHING, learned=False)).rows


def test_pads_are_read_against_chance_and_bits(deep_results):
    (row,) = rows(pad_count_table(deep_results(drift=LEAK)))
    assert list(row.values()) == [
        "72.5 % [70.5, 74.5] of 8 classes", "12.5 %", "2.00 [1.90, 2.10]", "3.00",
        "0.890 [0.870, 0.910]",
    ]  # fmt: skip


def test_a_probe_that_could_not_be_fitted_says_why(deep_results):
    def broken(cell):
        count = replace(cell.probes.pad_count, accuracy=None, reason="too few texts")
        return replace(cell, probes=replace(cell.probes, pad_count=count))

    table = pad_count_table(with_cells(deep_results(drift=LEAK), broken))
    assert rows(table)[0]["accuracy of reading k"] == "– (1)"
    assert table.notes == ["too few texts"]


@pytest.mark.parametrize("table", (pad_count_table, forgetting_table))
def test_what_is_not_there_has_a_reason(table, deep_results):
    lacking = with_cells(
        deep_results(drift=LEAK), lambda cell: replace(cell, probes=None, forgetting=None, pad_step=None)
    )
    found = table(lacking)
    assert rows(found)[0][found.header[2]] == "– (1)"
    assert "the analysis holds" in found.notes[0]


def test_forgetting_has_distances_ends_and_reasons(deep_results):
    table = forgetting_table(deep_results(drift=LEAK))
    (post,), (pre,), (masked,) = rows(table), rows(table, "pre"), rows(table, variant="masked")
    assert post["pads"] == "64"
    assert post["distance left within a class"] == "0.00315 [−0.00685, 0.0132]"
    assert post["distance left between classes"] == "0.0215 [0.0115, 0.0315]"
    assert post["spectral radius"] == "0.900 to 0.950"
    assert post["starts that settled"] == "97.0 % to 100.0 %"
    assert pre["spectral radius"] == "– (1)"
    assert table.notes[0] == "pads come before the text: they move the start state, which the text then overwrites"
    assert "nothing is forgotten" in table.notes[int(masked["pads"][-2]) - 1]


def test_the_worst_of_every_number_of_pads_ranges_over_the_seeds(deep_results):
    table = every_pads_table(deep_results(drift=LEAK))
    (post,) = rows(table)
    assert not rows(table, variant="masked")
    assert (post["texts"], post["accuracy as trained"]) == ("128", "87.5 %")
    assert (post["most flips"], post["under pads"]) == ("25.0 %", "40 to 45")
    assert (post["lowest accuracy"], post["under as many pads"]) == ("71.1 % to 75.0 %", "64")


def ending(results, *points, settled):
    """The same results with these fixed points of one seed."""
    seed = PadStepSeed(seed=0, settled=settled, fixed_points=list(points))
    step = PadStep(moves=True, layer="lstm_1", seeds=[seed])
    return with_cells(results, lambda cell: replace(cell, pad_step=step))


def test_no_run_of_pads_that_settled_leaves_the_radius_undefined(deep_results):
    table = forgetting_table(ending(deep_results(drift=LEAK), settled=0.0))
    (row,) = rows(table)
    assert (row["fixed points of a seed"], row["starts that settled"]) == ("0", "0.0 %")
    assert "no run of pads settled" in table.notes


def test_the_radius_ranges_over_every_fixed_point(deep_results):
    points = [FixedPoint(spectral_radius=radius, starts=0.5, residual=0.0) for radius in (0.7, 0.98)]
    (row,) = rows(forgetting_table(ending(deep_results(drift=LEAK), *points, settled=1.0)))
    assert (row["spectral radius"], row["fixed points of a seed"]) == ("0.700 to 0.980", "2")


def test_pairs_with_a_copy_are_left_out_of_the_similarity(deep_results):
    found = [row[1] for row in texts(similarity_table(deep_results(drift=LEAK))) if row[0] == "pre"]
    assert found == ["`baseline` and `masked`, same seed", "`baseline`, pairs of seeds", "`masked`, pairs of seeds"]


def test_sides_that_cost_the_same_share_a_row(deep_results):
    table = batching_table(deep_results(drift=LEAK))
    assert {row[0] for row in texts(table)} == {"pre and post"}
    bucketed = next(row for row in texts(table) if row[1] == "`masked`" and row[2].startswith("texts of like length"))
    assert bucketed[3:] == ["830", "6.0 %", "1.04e7", "× 0.446", "yes"]  # 780 steps of text and 50 pads, of 1,860
    usable = {row[2]: row[-1] for row in texts(table) if row[1] == "`baseline`"}
    assert list(usable.values()) == ["yes", "no", "no", "no"]


def test_sides_that_cost_differently_have_rows_of_their_own(deep_results):
    found = deep_results(drift=LEAK)
    costs = [replace(cost, steps=cost.steps + (cost.side == "pre")) for cost in found.report.cost]
    assert {row[0] for row in batching_table(with_report(found, cost=costs)).rows} == {"pre", "post"}


def test_the_law_has_a_row_for_each_width(deep_results):
    assert ["31", "58.1 %", "1,860"] in texts(law_table(deep_results(drift=LEAK)))


@pytest.mark.parametrize(("value", "text"), [(0.03125, "0.031"), (0.0004, "<0.001"), (1.0, "1.000"), (None, "–")])
def test_a_p_has_three_decimals(value, text):
    assert format_p(value) == text
