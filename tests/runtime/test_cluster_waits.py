"""Every wait for a dask cluster has an end: who accepts and does not answer, who answers and is no scheduler."""

import os
import signal
import socket
import threading

import pytest

from stages.errors import UserError
from stages.runtime.workers import dask_executor
from stages.runtime.workers.dask_executor import cluster_executor
from tests.cluster import begin_and_sleep, eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the test runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def impatient(monkeypatch):
    """Every wait ends soon."""
    for name in ("CONNECT_SECONDS", "CHECK_SECONDS", "ABANDONED_SECONDS", "POLL_SECONDS"):
        monkeypatch.setattr(dask_executor, name, 1)


@pytest.mark.parametrize(
    ("greeting", "told"), [(b"", "no answer in time"), (b"SSH-2.0-server" * 9, "something else does, perhaps its")]
)
def test_who_accepts_and_is_no_scheduler_is_one_sentence(folder, impatient, greeting, told):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        connections = []

        def greet():
            connections.append(listener.accept()[0])
            connections[0].sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(UserError, match=rf"no dask scheduler answers at {address} \({told}"):
            with cluster_executor(address):
                pass
        connections[0].close()


def test_a_worker_in_the_place_of_the_scheduler_is_one_sentence(empty_cluster, folder):
    empty_cluster.start_worker()
    address = next(iter(empty_cluster.workers().values()))
    with pytest.raises(UserError, match=r"no dask scheduler answers at tcp://\S+ \(a Worker does\); start one"):
        with cluster_executor(address):
            pass


def test_a_worker_that_is_stopped_while_it_is_checked_is_one_sentence(empty_cluster, folder, impatient):
    worker = empty_cluster.start_worker()
    os.kill(worker, signal.SIGSTOP)
    with pytest.raises(
        UserError, match=r"or one of its workers was lost while .* \(no answer in 1 seconds\); run again"
    ):
        with cluster_executor(empty_cluster.address):
            pass


def test_a_scheduler_that_is_stopped_in_the_middle_is_one_sentence(empty_cluster, folder, impatient, monkeypatch):
    monkeypatch.setattr(dask_executor, "END_SECONDS", 1)
    empty_cluster.start_worker()
    with pytest.raises(UserError, match=r"has had no workers, or has not answered, for 1 seconds; start some and run"):
        with cluster_executor(empty_cluster.address) as executor:
            future = executor.submit(begin_and_sleep, "begun")
            eventually((folder / "begun").exists)
            empty_cluster.scheduler.send_signal(signal.SIGSTOP)
            future.result(timeout=30)
