"""The project's params with a comparison's own sizes."""

from typing import Any

from ruamel.yaml import YAML

from benchmarks.results import REPOSITORY
from stages.params.schema import Params, checked_params
from stages.sweeps.run.identity import with_overrides


def changed_params(changes: dict[str, Any]) -> Params:
    """params.yaml with the values at dotted paths replaced, checked.

    Raises:
        UserError: params.yaml cannot hold them.
    """
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    return checked_params(with_overrides(content, changes, "benchmarks"), "params.yaml")
