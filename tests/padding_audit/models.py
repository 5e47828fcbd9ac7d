"""Small models whose answer is known: what a test of the audit says of each, and the blocks they are built of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from stages.padding_audit.result import Cause, Verdict

L = keras.layers
IDS = 20
"""Rows of every embedding."""
UNITS = 4


@dataclass(frozen=True)
class Leak:
    """The first layer that reads pads, and why."""

    layer: str
    """Its path."""
    cause: Cause
    culprit: str | None = None
    call: int = 1
    verdict: Verdict = Verdict.LEAKS


@dataclass(frozen=True)
class Known:
    """One model with its answer; None where nothing leaks on that side."""

    build: Callable[[], keras.Model]
    pre: Leak | None
    post: Leak | None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of `audit`."""

    def model(self) -> keras.Model:
        """The model, with random weights (biases too, as zero biases hide leaks) and names that count from 1."""
        keras.src.utils.naming.reset_uids()
        return randomised(self.build())


KNOWN: dict[str, Known] = {}


def known(
    *, pre: Leak | None = None, post: Leak | None = None, **options: Any
) -> Callable[[Callable[[], keras.Model]], Callable[[], keras.Model]]:
    """Put a builder among the known models, under its own name."""

    def register(build: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
        assert build.__name__ not in KNOWN, f"two known models are called {build.__name__}"
        KNOWN[build.__name__] = Known(build, pre, post, options)
        return build

    return register


def both(layer: str, cause: Cause, culprit: str | None = None, call: int = 1) -> dict[str, Leak]:
    """The same leak on both sides."""
    leak = Leak(layer, cause, culprit, call)
    return {"pre": leak, "post": leak}


def randomised(model: keras.Model, seed: int = 0) -> keras.Model:
    """The model with normal weights, none of them zero; variances are positive."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        if "float" in weight.dtype:
            values = generator.normal(scale=0.5, size=weight.shape)
            weight.assign(np.abs(values) + 0.1 if "variance" in weight.path else values)
    return model


def tokens(name: str = "tokens") -> Any:
    """An input of ids."""
    return keras.Input((None,), dtype="int32", name=name)


def masked(ids: Any) -> Any:
    """Vectors of ids, under a mask."""
    return L.Embedding(IDS, UNITS, mask_zero=True)(ids)


def unmasked(ids: Any) -> Any:
    """Vectors of ids."""
    return L.Embedding(IDS, UNITS)(ids)


def series(features: int = 3) -> Any:
    """An input of numbers."""
    return keras.Input((None, features), name="series")


def behind_embedding(*layers: Any, mask: bool = True) -> keras.Model:
    """A chain of layers or functions behind an embedding."""
    ids = tokens()
    return chain(ids, masked(ids) if mask else unmasked(ids), *layers)


def behind_masking(*layers: Any, mask_value: float = 0.0) -> keras.Model:
    """A chain behind a `Masking` layer that reads numbers."""
    rows = series()
    return chain(rows, L.Masking(mask_value)(rows), *layers)


def chain(inputs: Any, tensor: Any, *layers: Any) -> keras.Model:
    """A chain of layers or functions behind a tensor."""
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(inputs, tensor)


def sequence(**options: Any) -> Any:
    """An LSTM that gives every state."""
    return L.LSTM(UNITS, return_sequences=True, **options)


def last(**options: Any) -> Any:
    """An LSTM that gives the last state."""
    return L.LSTM(UNITS, **options)
