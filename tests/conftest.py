"""What the tests share: params with changes, a small run, a dask cluster, and the folder of real texts."""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stages.params import Params, checked_params

REPOSITORY = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: processes take whole files in this order, and at the end none waits for a long one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def params_content() -> dict[str, Any]:
    """The content of the project's own params.yaml."""
    return load_content()


@pytest.fixture(scope="session")
def make_params() -> Callable[..., Params]:
    """The project's own params with changes: make_params({"pad.max_len": 5})."""

    def make(changes: dict[str, Any] | None = None) -> Params:
        return checked_params(changed(load_content(), changes or {}), "params.yaml")

    return make


def load_content() -> dict[str, Any]:
    """The content of the project's own params.yaml, new at every call."""
    content: dict[str, Any] = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    return content


def changed(content: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of nested content with the values at dotted paths replaced."""
    result = copy.deepcopy(content)
    for path, value in changes.items():
        *sections, key = path.split(".")
        section = result
        for name in sections:
            section = section[name]
        section[key] = value
    return result


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real texts beside the repository."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real texts (../shared/data) is not here")
    return folder


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    """A git repository with a small version of the pipeline, run once for all processes; to be copied."""
    from tests.pipelines import run_once

    own = tmp_path_factory.getbasetemp()
    return run_once(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture
def empty_cluster(tmp_path_factory):
    """A scheduler without workers."""
    from tests.cluster import Cluster

    started = Cluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """A scheduler and two workers of one thread each, that no test may kill."""
    from tests.cluster import Cluster

    started = Cluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        started.start_worker()
    yield started
    started.close()
