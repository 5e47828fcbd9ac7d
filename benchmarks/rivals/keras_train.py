"""The plain Keras loop: `pad_sequences` to one width, `model.fit` on arrays, every core for one model."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main(folder: Path, epochs: int, masks: bool, seeds: int) -> None:
    """Train one model after another; print how long that took, imports and loading left out."""
    import keras

    knobs = json.loads((folder / "knobs.json").read_text(encoding="utf-8"))
    texts = {}
    for split in ("train", "validation"):
        found = np.load(folder / f"{split}.npz")
        rows = np.split(found["tokens"], np.cumsum(found["length"])[:-1])
        rows = keras.utils.pad_sequences(rows, maxlen=knobs["max_len"], padding="post", truncating="post")
        texts[split] = rows, found["label"].astype(np.float32)
    start = time.perf_counter()
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                keras.layers.Embedding(knobs["vocabulary"], knobs["embedding"], mask_zero=masks),
                keras.layers.LSTM(knobs["units"]),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(keras.optimizers.Adam(knobs["learning_rate"]), loss="binary_crossentropy", metrics=["accuracy"])
        fit = {"batch_size": knobs["batch_size"], "epochs": epochs, "verbose": 0}
        model.fit(*texts["train"], validation_data=texts["validation"], **fit)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "masked", int(sys.argv[4]))
