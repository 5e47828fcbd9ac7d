"""What is known of a model without running it."""

from importlib.metadata import version
from typing import Any

import keras

from .result import ModelFacts

ROUNDING = 1e-6
"""What counts as rounding where a model computes in float32 or float64, relative to the largest value."""
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
"""The distance from 1 to the next number, by type."""
NARROW = ("float16", "bfloat16")
ROUNDINGS = 8
"""So many roundings are allowed where it computes in less, or where a model makes more of them than that."""


def model_facts(model: Any) -> ModelFacts:
    """The facts of a model in memory."""
    backend = str(keras.backend.backend())
    return ModelFacts(
        name=str(model.name),
        file=None,
        format="memory",
        sha256=None,
        keras=keras.__version__,
        backend=f"{backend} {version(backend)}",
        saved_by=None,
        parameters=int(model.count_params()),
        dtype=compute_dtype(model),
    )


def compute_dtype(model: Any) -> str:
    """The narrowest type in which a layer of the model computes."""
    used = {layer.compute_dtype for layer in model._flatten_layers()}
    return next((dtype for dtype in NARROW if dtype in used), "float32")


def tolerance_of(model: Any) -> float:
    """What counts as rounding, relative to the largest value of an output."""
    return rounding(compute_dtype(model))


def rounding(dtype: str) -> float:
    """What counts as rounding in a model that computes in such numbers."""
    return ROUNDINGS * EPSILON[dtype] if dtype in NARROW else ROUNDING
