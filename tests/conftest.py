"""What the tests share: params with changes, a small run, a dask cluster, and the folder of real texts."""

import copy
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from ruamel.yaml import YAML

from stages.params.schema import Params, checked_params

REPOSITORY = Path(__file__).parents[1]

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: processes take whole files in this order, and none waits for a long one last.

    The first of those that need the small run is the very first, and makes it; the others are the last slow ones.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    needing = [item.path for item in items if "small_run" in getattr(item, "fixturenames", ())]
    items.sort(key=lambda item: (item.path not in needing[:1], item.path not in slow, item.path in needing))


def committed(path: str) -> str:
    """A file as the last commit has it: a run on another processor rewrites the last digits of reports/.

    A test that asks for it skips in an archive without git, where nobody knows.
    """
    return _git("show", f"HEAD:./{path}")


def committed_files(pattern: str) -> list[str]:
    """The files that git tracks, as `committed`."""
    return _git("ls-files", pattern).splitlines()


def _git(*command: str) -> str:
    done = subprocess.run(["git", *command], cwd=REPOSITORY, check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip(f"what was committed is not known: {done.stderr.strip()}", allow_module_level=True)
    return done.stdout


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
    return copy.deepcopy(_parsed((REPOSITORY / "params.yaml").read_text()))


@cache
def _parsed(text: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(text)
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
def shared(tmp_path_factory) -> Path:
    """A folder that every process of the tests knows."""
    own: Path = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def small_run(shared) -> Path:
    """A git repository with a small version of the pipeline, run once for all processes; to be copied."""
    from tests.pipelines import SMALL, make_run, once

    return once(shared, "small", partial(make_run, SMALL))


@pytest.fixture(scope="session")
def one_cell(shared) -> Path:
    """The same with post-padding and the baseline alone."""
    from tests.pipelines import ONE_CELL, make_run, once

    return once(shared, "one-cell", partial(make_run, ONE_CELL))


@pytest.fixture(scope="module")
def padded(tmp_path_factory) -> dict[str, Path]:
    """Texts padded on either side, by side."""
    from tests.padded_texts import write_padded

    root = tmp_path_factory.mktemp("padded")
    return {side: write_padded(root / side, side) for side in ("pre", "post")}


@pytest.fixture(scope="module")
def trained(make_params, padded, trainers_kept, tmp_path_factory) -> Path:
    """The three variants of one seed, trained on the same texts."""
    from stages.models.training import train_seed
    from tests.models.cells import VARIANTS, training_task

    root: Path = tmp_path_factory.mktemp("trained")
    for variant in VARIANTS:
        train_seed(training_task(make_params, padded["post"], root / variant, variant))
    return root


@pytest.fixture(scope="session")
def trainers_kept() -> Iterator[None]:
    """A stage keeps the trainer of its one variant; tests keep that of every one."""
    from stages.models import training

    patch = pytest.MonkeyPatch()
    patch.setattr(training, "_trainer", cache(training._trainer.__wrapped__))
    yield
    patch.undo()


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


@pytest.fixture
def nothing_registered() -> Iterator[None]:
    """Keras knows no layer of the user's, as in a new process; what other tests registered comes back."""
    from keras.saving import get_custom_objects

    kept = dict(get_custom_objects())
    get_custom_objects().clear()
    yield
    get_custom_objects().clear()
    get_custom_objects().update(kept)
