"""Models that Keras 2 wrote, in the words of Keras 3. What differs was seen in files of TensorFlow 2.15."""

from collections.abc import Iterator
from typing import Any

OPERATIONS = ("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty")
"""Layers that Keras 2 made of operations between layers; Keras 3 has none of them."""
FUNCTIONAL = ".engine.functional"
"""The end of the module of its Functional class."""


def in_keras3(config: Any, *, archive: bool) -> Any:
    """The config of a model of Keras 2 as Keras 3 reads it.

    Args:
        config: of a model, or a part of it.
        archive: whether it stood in a `.keras` file; Keras 3 itself knows more of HDF5 files of Keras 2.
    """
    if isinstance(config, list):
        return [in_keras3(item, archive=archive) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: in_keras3(value, archive=archive) for key, value in config.items()}
    name, options = config.get("class_name"), config.get("config")
    if not isinstance(name, str) or not isinstance(options, dict):
        return config
    if name == "Policy":
        return options["name"]
    if options.get("time_major") is False:
        del options["time_major"]
    if "input_layers" in options:
        options = config["config"] = _numbered(options)
    if archive:
        if name == "InputLayer":
            options["batch_shape"] = options.pop("batch_input_shape", options.get("batch_shape"))
        options.pop("batch_input_shape", None)
        if name == "BatchNormalization" and isinstance(options["axis"], list):
            options["axis"] = options["axis"][0]
        if str(config.get("module")).endswith(FUNCTIONAL):
            config |= {"module": "keras.src.models.functional", "registered_name": None}
    return config


def _numbered(graph: dict[str, Any]) -> Any:
    """A graph that counts the calls of its layers from 0: for Keras 2 a nested model was called when it was made."""
    calls = {layer["name"]: len(layer["inbound_nodes"]) for layer in graph["layers"]}
    last = dict.fromkeys(calls, 0)
    for name, call in _references(graph, calls):
        last[name] = max(last[name], call)
    return _shifted(graph, {name: max(0, last[name] + 1 - calls[name]) for name in calls if calls[name]})


def _is_reference(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 3 and [type(part) for part in value[:3]] == [str, int, int]


def _references(value: Any, names: Any) -> Iterator[tuple[str, int]]:
    if _is_reference(value) and value[0] in names:
        yield value[0], value[1]
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _references(item, names)


def _shifted(value: Any, shifts: dict[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: _shifted(item, shifts) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if _is_reference(value) and value[0] in shifts:
        return [value[0], value[1] - shifts[value[0]], *(_shifted(item, shifts) for item in value[2:])]
    return [_shifted(item, shifts) for item in value]
