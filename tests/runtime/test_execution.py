import errno
import operator
import re
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from stages.errors import UserError
from stages.runtime.files import before_naming
from stages.runtime.workers import pool
from stages.runtime.workers.pool import local_executor, run_all, threads_of_each


def sleep(seconds: float) -> None:
    time.sleep(seconds)


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


@pytest.mark.parametrize(
    ("workers", "threads", "tasks", "each"), [(8, 1, 2, 1), (8, 0, 2, 4), (8, 0, 3, 2), (8, 0, 24, 1), (2, 3, 24, 3)]
)
def test_cores_without_a_model_of_their_own_are_shared_out_where_that_is_asked(
    make_params, capsys, workers, threads, tasks, each
):
    execution = make_params({"execution.workers": workers, "execution.threads": threads}).execution
    assert threads_of_each(execution, tasks, "train masked") == each
    said = f"train masked: {each} threads for each of {tasks} models\n"
    assert capsys.readouterr().out == (said if each > 1 else "")


def test_the_cores_of_a_cluster_are_not_shared_out(make_params, capsys):
    execution = make_params({"execution.engine": "dask", "execution.workers": 8, "execution.threads": 0}).execution
    assert threads_of_each(execution, 2, "train masked") == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("bound", "cores"), [("200000 100000", 2), ("150000 100000", 2), ("max 100000", 8), ("", 8)])
def test_a_container_has_as_many_cores_as_its_quota_fills(monkeypatch, tmp_path, bound, cores):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(8), raising=False)
    monkeypatch.setattr(pool, "CGROUP", tmp_path)
    if bound:
        (tmp_path / "cpu.max").write_text(bound)
    assert pool.usable_cores() == cores


@pytest.mark.slow
def test_tasks_run_in_processes_of_their_own():
    with local_executor(workers=2, tasks=3) as executor:
        assert run_all(executor, operator.neg, [1, 2, 3], label="", steps=3, done=nothing_done) == [-1, -2, -3]


def test_a_pool_that_broke_before_a_task_was_handed_over_is_a_sentence():
    class Broken(ThreadPoolExecutor):
        def submit(self, *_: object) -> None:
            raise BrokenProcessPool

    with Broken(1) as executor, pytest.raises(UserError, match="train: a worker process was killed"):
        run_all(executor, operator.neg, [1], label="train", steps=1, done=nothing_done)


def test_on_a_terminal_the_bar_shows_the_remark(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with ThreadPoolExecutor(1) as executor:
        run_all(executor, negated_or_error, [1], label="train", steps=1, done=lambda: (1, "seed 3 epoch 1/2"))
    shown = capsys.readouterr().err
    assert "train" in shown
    assert "1/1" in shown
    assert "seed 3 epoch 1/2" in shown


def test_a_line_is_printed_for_the_first_and_the_last_task_and_between_them_one_a_second(capsys, monkeypatch):
    monkeypatch.setattr(pool, "LINE_SECONDS", 60)
    with ThreadPoolExecutor(1) as executor:
        run_all(
            executor, sleep, [0.1, 0.2, 0.3], label="train", steps=3, done=nothing_done, told=lambda s: f"slept {s}"
        )
    first, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"train 1/3: slept 0\.1, about \d s left", first)
    assert re.fullmatch(r"train 3/3: slept 0\.3 in \d s", last)


def test_a_task_that_ends_finds_an_edited_input_before_the_others_end():
    def edited() -> None:
        raise UserError("params.yaml was edited")

    token = before_naming.set(edited)
    try:
        with ThreadPoolExecutor(1) as executor, pytest.raises(UserError, match="was edited"):
            run_all(executor, sleep, [0, *[0.2] * 50], label="", steps=51, done=nothing_done)
    finally:
        before_naming.reset(token)


def test_elsewhere_nothing_is_printed(capsys):
    with ThreadPoolExecutor(1) as executor:
        run_all(executor, negated_or_error, [1], label="train", steps=1, done=nothing_done)
    assert capsys.readouterr() == ("", "")


def test_without_semaphores_the_sentence_names_their_folder(monkeypatch):
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("multiprocessing.synchronize._multiprocessing.SemLock", read_only)
    with pytest.raises(UserError, match=r"/dev/shm: .* cannot be used \(Read-only file system\); make it writable"):
        with local_executor(1, 1):
            pass
