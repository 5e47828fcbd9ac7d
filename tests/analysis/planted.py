"""Cells whose truth is planted: states, predictions and scores chosen by hand, brought into the form of a cell."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.cells import Cell, SeedResult
from stages.analysis.contract import BagOfWords, Finding, to_json
from stages.analysis.estimate import Estimate, SplitScores
from stages.analysis.one_model import ModelOutcome
from stages.analysis.outcomes import ConditionOutcome, StateOutcome
from stages.params.derived import architecture_of
from stages.params.schema import Epsilon, Params
from stages.stats.calibration import Confidence, ConfidenceBins
from stages.stats.predictions import PredictionSums
from stages.stats.shift import ShiftSums

EPSILON = Epsilon(drift_ratio=0.01, flip_rate=0.005, accuracy=0.01, error_ratio=0.9, unit_shift=0.2, joint_shift=0.5)
LEVEL = 0.95

Floats = NDArray[np.float64]


def scores(correct: int, texts: int = 1000, majority: int = 500) -> dict[str, Any]:
    """The content of scores.json, of which the validation split decides whether a seed learned."""
    test = {"texts": texts, "correct": correct, "majority": majority, "accuracy": correct / texts, "nll": 0.5}
    training = {"epochs": 2, "computed_tokens": 10, "text_tokens": 5}
    return {"splits": dict.fromkeys(("train", "validation", "test"), test), "training": training}


def first(correct: int, texts: int = 1000) -> NDArray[np.bool_]:
    """Which test texts are right: so many of them from the first on."""
    return np.arange(texts) < correct


def probabilities(predicted: Iterable[int], sure: float = 0.8) -> Floats:
    """Of two classes, the predicted one getting `sure`."""
    return np.where(np.eye(2)[list(predicted)] == 1, sure, 1 - sure)


def predictions(label: Iterable[int], alone: Iterable[int], padded: Iterable[int], sure: float = 0.8) -> PredictionSums:
    """Sums of texts with these labels and these predicted classes."""
    labels = np.array(list(label))
    return PredictionSums.of(np.arange(len(labels)), labels, probabilities(alone), probabilities(padded, sure))


def confidence(right: Iterable[bool], sure: float = 0.8) -> Confidence:
    """Texts that are right or wrong, all equally sure."""
    labels = np.array([0 if each else 1 for each in right])
    return Confidence.of(ConfidenceBins.of(np.arange(len(labels)), labels, probabilities([0] * len(labels), sure)))


def condition(
    states: Mapping[str, tuple[Floats, Floats]] | None = None,
    predicted: PredictionSums | None = None,
    bins: Confidence | None = None,
) -> ConditionOutcome:
    """What a condition did to states, each given alone and with pads; by default nothing at all."""
    found = states or {"h_lstm_1": (np.arange(8.0).reshape(4, 2),) * 2}
    return ConditionOutcome(
        states={name: state(*pair) for name, pair in found.items()},
        predictions=predicted or predictions([0, 1] * 20, [0, 1] * 20, [0, 1] * 20),
        confidence=bins or confidence([True] * 4),
    )


def state(alone: Floats, padded: Floats, epsilon: Epsilon = EPSILON) -> StateOutcome:
    """What happened to one state."""
    return StateOutcome.of(ShiftSums.of(np.arange(len(alone)), alone, padded), epsilon)


def audit(verdict: str = "EXACT") -> dict[str, Any]:
    """The content of audit.json, with the same verdict on both sides."""
    return {
        "verdicts": {"pre": verdict, "post": verdict},
        "first_leak": {"pre": None, "post": None},
        "layers": [{"layer": "lstm_1", "type": "LSTM", "did": "consumed", "at_masked_steps": None}],
        "one_prediction_a_text": True,
    }


def seed_result(number: int, conditions: dict[str, ConditionOutcome], correct: int = 900, **model: Any) -> SeedResult:
    """One trained model; with 900 of 1000 right it learned, with 500 it did not."""
    known = {"confidence": confidence([True] * 4), "audit": audit()} | model
    return SeedResult(number, scores(correct), ModelOutcome(conditions, **known), first(correct))


def cell_of(
    make_params: Callable[..., Params], seeds: list[SeedResult], variant: str = "baseline", side: str = "post"
) -> Cell:
    """A cell with these seeds."""
    return Cell(side, variant, architecture_of(make_params(), variant), seeds)


def spread_by(mean: float, texts: int = 100, width: int = 1, noise: float = 1.0) -> tuple[Floats, Floats]:
    """States of standard deviation 1 and their change, of exactly this mean and standard deviation, uncorrelated."""
    generator = np.random.default_rng(0)
    drawn = generator.normal(size=(texts, 2 * width))
    drawn -= drawn.mean(axis=0)
    exact = np.linalg.qr(drawn)[0] * np.sqrt(texts - 1)
    alone, change = exact[:, :width], exact[:, width:]
    return alone, alone + noise * change + mean


def in_json(function):
    """The function with the JSON of what it returns, as it stands in the report; of a finding its word beside it."""

    def as_json(item):
        return to_json(item) | ({"word": item.word} if isinstance(item, Finding) else {})

    def called(*args, **kwargs):
        value = function(*args, **kwargs)
        return [as_json(item) for item in value] if isinstance(value, list) else value and as_json(value)

    return called


BAG = BagOfWords(
    accuracy=Estimate(0.76, 0.73, 0.79),
    penalty=3.0,
    features=700,
    splits={"test": SplitScores(texts=1000, correct=760, majority=500, accuracy=0.76, nll=0.5)},
    tried=[],
)
"""760 of the 1,000 test texts of every planted seed."""
