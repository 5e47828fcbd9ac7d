"""The arithmetic of benchmarks/beyond.md on rates that one can work out in one's head."""

import re

import pytest

from benchmarks.beyond import Plan, core_seconds, digits, makespan, serial_seconds, states_bytes, wall_seconds
from benchmarks.rates import MIB, Rate, Rates, slope
from tests.conftest import REPOSITORY


def exactly(value: float) -> Rate:
    return Rate(value, value, value)


RATES = Rates(
    serial={"ingest": exactly(1.0), "pad": exactly(2.0)},
    train={"baseline": exactly(10.0), "masked": exactly(5.0)},
    export=exactly(3.0),
    analyze=exactly(7.0),
    compare=exactly(0.5),
    corpus_bytes={"tokens": 0.0, "padded": 0.0},
    states_bytes=MIB,
    conditions=10,
    hash_mib=exactly(4.0),
    copy_mib=exactly(2.0),
)
PLAN = Plan(texts=10, exported=2, sides=2, variants=("baseline", "masked", "double_mask"), seeds=3, epochs=1)
"""6, 3 and 2 models; to train takes 60, 30 or 60 seconds, to export 6, to analyze 14; 18 pairs take a second each."""
SERIAL = 10 * 1 + 10 * 2 * 2 + 28 / 4 + 28 / 2


def test_units_go_to_whoever_is_free():
    assert makespan([5, 3, 3, 3], 2) == 8  # 5 + 3 beside 3 + 3
    assert makespan([5, 3, 3, 3], 4) == makespan([5, 3, 3, 3], 100) == 5


def test_padding_is_done_for_every_side_and_every_byte_is_hashed_and_copied():
    assert (PLAN.models, PLAN.cells) == (11, 14), "masked is trained once, and read on both sides"
    assert states_bytes(PLAN, RATES) == 28 * MIB
    assert serial_seconds(PLAN, RATES) == {"ingest": 10, "pad": 40, "hash and copy (DVC)": 21}


def test_one_worker_takes_what_is_computed():
    computed = SERIAL + 6 * 60 + 3 * 30 + 2 * 60 + 14 * 6 + 14 * 14 + 18
    assert core_seconds(PLAN, RATES) == computed
    for side_by_side in (False, True):
        assert wall_seconds(PLAN, RATES, 1, side_by_side=side_by_side) == computed


def test_variants_in_turn_use_no_more_workers_than_each_has_models():
    in_turn = SERIAL + 60 + 30 + 60 + 3 * 6
    assert wall_seconds(PLAN, RATES, 6, side_by_side=False) == in_turn + 3 * 14 + 3
    assert wall_seconds(PLAN, RATES, 128, side_by_side=False) == in_turn + 14 + 1
    assert wall_seconds(PLAN, RATES, 128, side_by_side=True) == SERIAL + 60 + 6 + 14 + 1


@pytest.mark.parametrize(("value", "shown"), [(1234.5, "1,200"), (95.4, "95"), (9.96, "10"), (0.0123, "0.012")])
def test_two_digits_are_shown(value, shown):
    assert digits(value) == shown


def test_a_difference_that_other_work_decided_is_refused():
    assert slope(lambda size: 10.0 + 3.0 * size, 2, 4, repeats=3) == Rate(3.0, 3.0, 3.0)
    took = iter([5.0, 9.0, 5.0, 4.9])
    with pytest.raises(SystemExit, match="4 took no longer than 2: this machine has too much other work"):
        slope(lambda _: next(took), 2, 4, repeats=2)


def test_the_page_shows_the_committed_hours_and_links_to_files_that_exist():
    page = REPOSITORY / "docs" / "beyond-one-machine.md"
    text = page.read_text()
    worked_out = (REPOSITORY / "benchmarks" / "beyond.md").read_text()
    (hours,) = re.findall(r"<!-- hours: .*? -->\n(.*?)<!-- /hours -->", text, flags=re.DOTALL)
    assert hours.count("\n|") >= 7
    assert hours.strip() in worked_out
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert links
    assert all((page.parent / link).exists() for link in links)
