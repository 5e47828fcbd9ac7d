"""Tokens as Keras makes them: `TextVectorization` adapted to the training texts, then `pad_sequences`."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
BATCH = 8192


def main(corpus: Path, vocabulary: int, width: int) -> None:
    """Tokenize and pad every split; print how long that took, imports left out."""
    import keras
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as name:
        start, cpu = time.perf_counter(), time.process_time()
        layer = keras.layers.TextVectorization(vocabulary, standardize="lower", ragged=True)
        texts = {split: pd.read_parquet(corpus / f"{split}.parquet") for split in ("train", "validation", "test")}
        layer.adapt(tf.data.Dataset.from_tensor_slices(texts["train"]["text"].to_numpy(str)).batch(BATCH))
        for split, table in texts.items():
            values = table["text"].to_numpy(str)
            rows = []
            for first in range(0, len(values), BATCH):
                tokens = layer(tf.constant(values[first : first + BATCH])).to_list()
                rows.append(keras.utils.pad_sequences(tokens, maxlen=width, padding="post", truncating="post"))
            np.savez(Path(name) / split, tokens=np.concatenate(rows), label=table["label"])
        took = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    print(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
