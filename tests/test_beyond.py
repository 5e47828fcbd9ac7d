"""The tables of IMDB and of ten million texts, which no run measured."""

import re

import pytest

from benchmarks import beyond
from benchmarks.beyond import DOCS, digits, hours, imdb, in_turn, needs, side_by_side
from benchmarks.table import between
from stages.forecast.cost import STAGE, TENSORFLOW, Cost

PAGE = DOCS / "beyond-one-machine.md"


def test_the_pages_show_what_the_command_works_out():
    assert between(DOCS / "big_data.md", "imdb") == imdb()
    assert between(PAGE, "hours") == hours()
    assert between(PAGE, "needs") == needs()


def test_less_of_imdb_takes_less_and_the_last_setting_is_an_answer_within_twenty_minutes():
    seconds = [
        [60 * (60 * int(h or 0) + int(m)) for h, m in re.findall(r"\| (?:(\d+) h )?(\d+) min", line)]
        for line in imdb().splitlines()[2:]
    ]
    assert all(row == sorted(row, reverse=True) for row in seconds), "more cores"
    assert all(column == tuple(sorted(column, reverse=True)) for column in zip(*seconds, strict=True)), "less work"
    assert max(seconds[-1]) < 20 * 60 < max(seconds[0])


def test_variants_in_turn_use_no_more_workers_than_each_has_models():
    tasks = {"train": [[60.0] * 6, [30.0] * 3], "analyze": [[14.0] * 9]}
    seconds = {"the stages before training": 100.0, "train": 1.0, "analyze": 2.0, "report": 10.0}
    cost = Cost(10, {}, seconds, tasks, {}, 0.0)
    assert in_turn(cost, 6) == 113
    starts = 2 * (STAGE + TENSORFLOW)
    assert side_by_side(cost, 9) == pytest.approx(110 + starts + 60 + 14)
    assert side_by_side(cost, 1) == pytest.approx(110 + starts + 450 + 126)


@pytest.mark.parametrize(("value", "shown"), [(1234.5, "1,200"), (95.4, "95"), (9.96, "10"), (0.0123, "0.012")])
def test_two_digits_are_shown(value, shown):
    assert digits(value) == shown


def test_the_page_counts_the_tasks_that_there_are_and_links_to_files_that_exist():
    text = PAGE.read_text()
    groups = beyond._many(1_000, 1).tasks["train"]
    assert f"at most {max(map(len, groups))} tasks of training" in text
    assert f"the {sum(map(len, groups))} models use {sum(map(len, groups))} workers" in text
    assert f"about {digits(max(map(max, groups)) / 3600)} hours for an unmasked variant" in text
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert links
    assert all((PAGE.parent / link).exists() for link in links)
