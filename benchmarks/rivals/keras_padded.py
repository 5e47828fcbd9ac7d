"""The plain Keras loop: `pad_sequences` to one width, `model.fit` on arrays, every core for one model."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main(folder: Path, epochs: int) -> None:
    """Train one masked LSTM and print how long `fit` took."""
    import keras

    knobs = json.loads((folder / "knobs.json").read_text(encoding="utf-8"))
    keras.utils.set_random_seed(0)
    rows, labels = {}, {}
    for split in ("train", "validation"):
        found = np.load(folder / f"{split}.npz")
        texts = np.split(found["tokens"], np.cumsum(found["length"])[:-1])
        rows[split] = keras.utils.pad_sequences(texts, maxlen=knobs["max_len"], padding="post", truncating="post")
        labels[split] = found["label"].astype(np.float32)
    model = keras.Sequential(
        [
            keras.layers.Embedding(knobs["vocabulary"], knobs["embedding"], mask_zero=True),
            keras.layers.LSTM(knobs["units"]),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(knobs["learning_rate"]), loss="binary_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    model.fit(
        rows["train"],
        labels["train"],
        batch_size=knobs["batch_size"],
        epochs=epochs,
        validation_data=(rows["validation"], labels["validation"]),
        verbose=0,
    )
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
