"""What the tests of the corpora share: entries of the catalogue with some knobs changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stages.params.datasets import SyntheticDataset, UrlDataset
from stages.params.schema import checked_params

PARAMS = Path(__file__).parents[3] / "params.yaml"


@pytest.fixture(scope="session")
def grammar() -> Callable[..., SyntheticDataset]:
    """The default synthetic dataset with some knobs changed."""

    def changed(**knobs: Any) -> SyntheticDataset:
        content = YAML(typ="safe").load(PARAMS)
        content["datasets"]["synthetic"].update(knobs)
        dataset = checked_params(content, "params.yaml").datasets["synthetic"]
        assert isinstance(dataset, SyntheticDataset)
        return dataset

    return changed


@pytest.fixture(scope="session")
def entry() -> Callable[..., UrlDataset]:
    """An entry of the catalogue for a download."""

    def made(url: str, sha256: str, **knobs: Any) -> UrlDataset:
        content = YAML(typ="safe").load(PARAMS)
        content["datasets"]["mine"] = {"source": "url", "url": url, "sha256": sha256, **knobs}
        dataset = checked_params(content, "params.yaml").datasets["mine"]
        assert isinstance(dataset, UrlDataset)
        return dataset

    return made
