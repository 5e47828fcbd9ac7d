"""Models as people write them: what the audit says of each is what is known of it."""

import json
import re

import keras
import pytest

from stages.padding_audit.result import Cause, Verdict
from tests.padding_audit.make_examples import EXAMPLES, FOLDER, audit_of
from tests.padding_audit.models import randomised

LEAKS, EXACT, PROVEN, ROUNDING = Verdict.LEAKS, Verdict.EXACT, Verdict.PROVEN, Verdict.ROUNDING
NOTHING = (None, None)
KNOWN = {
    "sentiment": ((PROVEN, *NOTHING), (PROVEN, *NOTHING)),
    "tagger": ((EXACT, *NOTHING), (EXACT, *NOTHING)),
    # A direction that reads backwards meets pads behind the text, the other those before it.
    "tagger_without_mask": ((LEAKS, "Bidirectional", Cause.NO_MASK), (LEAKS, "Bidirectional", Cause.NO_MASK)),
    "words_and_characters": ((LEAKS, "Bidirectional", Cause.REPLACED), (LEAKS, "Bidirectional", Cause.REPLACED)),
    "cnn_lstm": ((LEAKS, "Conv1D", Cause.NO_MASK), (LEAKS, "Conv1D", Cause.NO_MASK)),
    # Keras forgets the mask of a layer that is given a start; pads behind the target move no real step.
    "translator": ((LEAKS, "LSTM", Cause.NOT_HANDED), (EXACT, *NOTHING)),
    "siamese": ((PROVEN, *NOTHING), (PROVEN, *NOTHING)),
    "attention_by_hand": ((LEAKS, "Softmax", Cause.LOST), (LEAKS, "Softmax", Cause.LOST)),
    # Sentences of pads alone are zeros, which the second LSTM reads like any sentence.
    "hierarchical": ((LEAKS, "LSTM", Cause.NO_MASK), (LEAKS, "LSTM", Cause.NO_MASK)),
    "time_series": ((PROVEN, *NOTHING), (PROVEN, *NOTHING)),
    "autoencoder": ((LEAKS, "LSTM", Cause.NO_MASK), (LEAKS, "LSTM", Cause.NO_MASK)),
}
AS_GOOD = {EXACT: (PROVEN, EXACT, ROUNDING), PROVEN: (PROVEN,)}
"""Processors differ in the order of additions."""


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_a_script_gets_its_known_answer(name, monkeypatch):
    if name not in EXAMPLES:  # compiled for training, which takes most of the time, and given random weights instead
        monkeypatch.setattr(keras.Model, "fit", lambda model, *_, **__: randomised(model))
    result = audit_of(name)
    for side, (verdict, layer, cause) in zip(("pre", "post"), KNOWN[name], strict=True):
        finding = result.sides[side]
        assert finding.verdict in AS_GOOD.get(verdict, (verdict,)), side
        leak = finding.first_leak
        assert (leak is None) == (layer is None)
        if leak is not None:
            assert (leak.type, leak.cause) == (layer, cause), side


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_in_the_docs_says_the_known_answer(name):
    report = json.loads((FOLDER / name / "report.json").read_text())
    for side, (verdict, layer, cause) in zip(("pre", "post"), KNOWN[name], strict=True):
        finding = report["sides"][side]
        assert finding["verdict"] in AS_GOOD.get(verdict, (verdict,))
        assert layer is None or (finding["first_leak"]["type"], finding["first_leak"]["cause"]) == (layer, cause)
    page = (FOLDER / name / "report.md").read_text()
    assert report["sentence"] in page.replace("\\", "")
    assert report["sentence"].replace("`", "") in re.sub(r"<[^>]+>", "", (FOLDER / name / "report.html").read_text())
