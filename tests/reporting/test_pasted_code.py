"""What the report says to do runs when it is pasted."""

import re

import keras
import pytest

from stages.reporting.documents import report_markdown
from tests.reporting.analyses import LEAK

pytestmark = pytest.mark.slow


def test_the_code_of_the_advice_runs(results):
    text = report_markdown(results(drift=LEAK)).partition("## The six verdicts")[0]
    embedding, check = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = {"keras": keras, "vocabulary_size": 9}
    layer = eval(embedding, names)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layer, keras.layers.LSTM(2), keras.layers.Dense(1)])
    check = check.replace("padding_audit", "stages.padding_audit")
    exec(check, {"model": model})
    unmasked = keras.Sequential(
        [keras.Input((None,), dtype="int32"), keras.layers.Embedding(9, 2), keras.layers.LSTM(2)]
    )
    with pytest.raises(AssertionError):
        exec(check, {"model": unmasked})
