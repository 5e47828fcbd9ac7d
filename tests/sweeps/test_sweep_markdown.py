"""What a reader finds in the Markdown of a sweep."""

import re

import pytest

from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.report.markdown import sweep_markdown
from stages.sweeps.report.tables import effects_table, interactions_table, rows_table
from tests.sweeps import examples
from tests.sweeps.outcomes import EXACT, cell, outcomes, report, sweep


@pytest.fixture(scope="module")
def contents():
    return {name: make() for name, make in examples.EXAMPLES.items()}


def column(table, name):
    return [str(row[table.header.index(name)]) for row in table.rows]


def said_in_answer(content):
    return [f"- {finding.text}" for finding in content.findings if finding.in_answer]


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_the_parts_of_a_report(contents, name):
    text = sweep_markdown(contents[name])
    for part in (
        f"# {contents[name].title} (",
        "**What does it do?**",
        *said_in_answer(contents[name]),
        f"](figures/{name}.svg)",
        "4 seeds a row",
        "t intervals, paired by seed",
        "## All rows",
        "## What each level does",
        "## What acts together",
        f"make sweep NAME={name} DATASET=",
    ):
        assert part in text
    assert "None" not in text
    assert "nan" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(contents, name):
    width = None
    for line in sweep_markdown(contents[name]).splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.split(r"(?<!\\)\|", line))
        width = width or cells
        assert cells == width, line


@pytest.mark.parametrize("path", examples.SWEEPS, ids=lambda path: path.stem)
def test_every_shipped_sweep_has_an_answer(path):
    content = examples.shipped(path)
    assert len(content.answer) > 100
    assert set(said_in_answer(content)) <= set(sweep_markdown(content).splitlines())


def test_the_same_content_gives_the_same_bytes():
    assert sweep_markdown(examples.units()) == sweep_markdown(examples.units())


def test_a_row_shows_its_figures(contents):
    table = rows_table(contents["amount"])
    rows = [[str(cell) for cell in row] for row in table.rows]
    at = rows[[row[:3] for row in rows].index(["384", "post", "`baseline`"])]
    assert at[table.header.index("test accuracy")].startswith("50.0 %")
    assert at[table.header.index("at chance")] == "4 of 4"
    assert at[table.header.index("drift ratio of what the classifier reads, 16 extra pads")] == "– (1)"
    assert at[table.header.index("width of the rows")] == "384"
    assert at[table.header.index("computed tokens / tokens of text")] == "38.4"
    assert table.notes == ["fewer than two seeds beat chance"]


def test_exact_is_said_in_words(contents):
    table = rows_table(contents["amount"])
    masked = [[str(cell) for cell in row] for row in table.rows if row[2] == "`masked`"]
    assert masked
    assert all(row.count("0 (exact)") == 2 for row in masked)


def test_the_drift_of_h_has_a_column_where_it_is_another_than_that_of_what_is_read(contents):
    assert "drift ratio of the last h" in rows_table(contents["downstream"]).header
    assert "drift ratio of the last h" not in rows_table(contents["amount"]).header


def test_training_accuracy_has_a_column_where_it_is_read(contents):
    assert "training accuracy" in rows_table(contents["architecture"]).header
    assert "training accuracy" not in rows_table(contents["units"]).header


def test_effects_are_shown_over_all_rows_and_within_side_and_variant(contents):
    table = effects_table(contents["units"], "model.units")
    assert column(table, "within")[:5] == [
        "all (mean)", "pre, `baseline`", "pre, `masked`", "post, `baseline`", "post, `masked`",
    ]  # fmt: skip
    assert "both 0 (exact)" in column(table, "drift ratio, times")
    assert "(1 of 4 seeds left out)" in " ".join(column(table, "drift ratio, times")) or table.notes


def test_a_mask_takes_the_drift_to_an_exact_0(contents):
    table = effects_table(contents["units"], "variant")
    assert set(column(table, "drift ratio, times")) == {"to 0 (exact)"}


def test_seeds_left_out_and_combinations_left_out_are_counted():
    it = sweep({"model.units": [8, 32]})

    def make(units):
        wide = units == "32"
        pre = cell(side="pre", drift=(1.0, 2.0, 3.0, 4.0), accuracy=(0.8,) * 4, learned=[True, True, True, not wide])
        return report(
            pre.with_drift((2, 3, 4, 5)) if wide else pre,
            cell(side="post", accuracy=(0.8,) * 4, drift=(1.0, 2.0, 4.0, 3.0), learned=[not wide] * 4),
        )

    table = effects_table(sweep_report(it, "synthetic", outcomes(it, make)), "model.units")
    whole = column(table, "drift ratio, times")[0]
    assert whole.startswith("2.88 [")  # the cube root of 24
    assert whole.endswith("(1 of 4 seeds left out) (1 of 2 combinations)")


def test_an_interaction_names_its_levels(contents):
    row = interactions_table(contents["amount"]).rows[0]
    assert row[:3] == ["pad.max_len 384, padding post", "pad.max_len 11, padding pre", "accuracy, points"]


def test_labels_with_stars_stand_as_code():
    it = sweep({"pad.max_len": ["longest", "longest*2", "longest*4"]})
    shares = {"longest": 0.5, "longest*2": 0.75, "longest*4": 0.88}

    def make(max_len):
        return report(cell(accuracy=(0.8, 0.7, 0.9)), max_len=int(100 * shares[max_len]), share=shares[max_len])

    text = sweep_markdown(sweep_report(it, "synthetic", outcomes(it, make)))
    assert "`longest*2`" in text
    assert not re.search(r"[^`\\]longest\*", text.replace("longest\\*", ""))


def test_copies_are_named_below_the_rows():
    it = sweep({"model.units": [8, 32]})
    made = outcomes(it, lambda units: report(cell(), cell(variant="double_mask", mask="embedding+masking", same=True)))
    text = sweep_markdown(sweep_report(it, "synthetic", made))
    assert "Left out is `double_mask`" in text
    assert "| `double_mask` |" not in text


def test_findings_have_their_tables(contents):
    headings = {
        "amount": "## Where each seed falls to chance",
        "truncation": "## Accuracy lost against compute saved",
        "batching": "## Batching modes against each other",
        "tuning": "## What tuning closes",
        "architecture": "## Beside the published figures",
        "downstream": "## What becomes of the invariance",
        "mismatch": "## Served otherwise than trained",
    }
    for name, heading in headings.items():
        assert heading in sweep_markdown(contents[name])
    assert not any(heading in sweep_markdown(contents["units"]) for heading in headings.values())


def test_a_head_of_one_width_and_times_that_are_elsewhere_are_told_where_they_matter(contents):
    moved, elsewhere = "Behind `flatten` a row has one fixed width", "(../../../benchmarks/batching.md)"
    texts = {name: sweep_markdown(contents[name]) for name in ("downstream", "batching", "units")}
    assert {name for name, text in texts.items() if moved in text} == {"downstream"}
    assert {name for name, text in texts.items() if elsewhere in text} == {"batching"}


def test_one_seed_gives_a_report_without_intervals():
    it = sweep({"model.units": [8, 32]})
    made = outcomes(
        it, lambda units: report(cell(accuracy=(0.8,)), cell(variant="masked", accuracy=(0.9,), drift=EXACT))
    )
    text = sweep_markdown(sweep_report(it, "synthetic", made))
    assert "1 seed a row" in text
    assert "fewer than two seeds have a value on both sides" in text
