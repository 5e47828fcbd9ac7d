"""Models that Keras 2 wrote, in the words of Keras 3: names of arguments and modules alone differ."""

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
    options = config.get("config")
    if "class_name" not in config or not isinstance(options, dict):
        return config
    if options.get("time_major") is False:
        del options["time_major"]
    if archive:
        shape = options.pop("batch_input_shape", None)
        if config["class_name"] == "InputLayer":
            options["batch_shape"] = shape
        if str(config.get("module")).endswith(FUNCTIONAL):
            config |= {"module": "keras.src.models.functional", "registered_name": None}
    return config
