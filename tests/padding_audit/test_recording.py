"""What is known of the tensors that calls read."""

import keras
import numpy as np
from keras import layers

from stages.padding_audit.recording import recorded


def test_every_input_of_a_graph_is_known_as_one_whichever_call_reads_it_first():
    words, tags = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    embedded = [layers.Embedding(5, 2)(words), layers.Embedding(5, 2)(tags)]
    model = keras.Model([words, tags], layers.Add()(embedded))
    _, calls = recorded(model, [np.ones((2, 3), "int32"), np.ones((2, 3), "int32")])
    assert [call.behind for call in calls[:2]] == [[0], [0]]
