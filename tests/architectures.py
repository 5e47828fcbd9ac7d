"""A small architecture to change in tests."""

from typing import Any

from stages.params.model import Architecture

SMALL: dict[str, Any] = {
    "embedding": 4,
    "embeddings": "learned",
    "recurrent": "lstm",
    "layers": 1,
    "units": 3,
    "bidirectional": "none",
    "layer_normalization": False,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "head": "last",
    "use_cudnn": False,
}


def architecture(mask: str = "none", **changes: Any) -> Architecture:
    """An LSTM of three units, with changes."""
    return Architecture.model_validate({**SMALL, "mask": mask, **changes})
