import operator
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from stages.runtime.workers.pool import local_executor, run_all


def nothing_done():
    return 0, ""


def negated_or_error(value: int) -> int:
    if value < 0:
        raise ValueError(f"{value} is negative")
    time.sleep(0.01)
    return -value


def test_results_come_in_the_order_of_the_tasks():
    with ThreadPoolExecutor(4) as executor:
        results = run_all(executor, negated_or_error, list(range(20)), label="", steps=20, done=nothing_done)
    assert results == [-value for value in range(20)]


def test_the_first_error_ends_the_work_and_cancels_what_has_not_begun():
    begun = []

    def work(value: int) -> None:
        begun.append(value)
        negated_or_error(value)

    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="-1 is negative"):
        run_all(executor, work, [-1, *range(500)], label="", steps=501, done=nothing_done)
    assert len(begun) < 500


@pytest.mark.slow
def test_tasks_run_in_processes_of_their_own():
    with local_executor(workers=2, tasks=3) as executor:
        assert run_all(executor, operator.neg, [1, 2, 3], label="", steps=3, done=nothing_done) == [-1, -2, -3]


def test_on_a_terminal_the_bar_shows_the_remark(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with ThreadPoolExecutor(1) as executor:
        run_all(executor, negated_or_error, [1], label="train", steps=1, done=lambda: (1, "seed 3 epoch 1/2"))
    shown = capsys.readouterr().err
    assert "train" in shown
    assert "1/1" in shown
    assert "seed 3 epoch 1/2" in shown


def test_elsewhere_nothing_is_printed(capsys):
    with ThreadPoolExecutor(1) as executor:
        run_all(executor, negated_or_error, [1], label="train", steps=1, done=nothing_done)
    assert capsys.readouterr() == ("", "")
