"""Export as one would write it: `model.predict` of every condition, then `DataFrame.to_parquet`."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main(folder: Path, side: str, variant: str) -> None:
    """Read every text under every condition; print how long that took, imports and loading left out."""
    import keras

    knobs = json.loads((folder / "knobs.json").read_text(encoding="utf-8"))
    found = np.load(folder / "test.npz")
    texts = np.split(found["tokens"], np.cumsum(found["length"])[:-1])
    model = keras.models.load_model(folder / f"{side}-{variant}" / "seed=0" / "model.keras", compile=False)
    start, cpu = time.perf_counter(), time.process_time()
    lstm = keras.layers.LSTM.from_config({**model.layers[2].get_config(), "return_state": True})
    h, _, c = lstm(model.layers[1](model.inputs[0]))
    lstm.set_weights(model.layers[2].get_weights())
    reader = keras.Model(model.inputs, [h, c, model.layers[3](h)])
    with tempfile.TemporaryDirectory() as name:
        _export(reader, knobs, texts, found, side, Path(name))
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}))


def _export(reader, knobs: dict, texts: list, found: dict, side: str, target: Path) -> None:
    import keras

    conditions = [(f"pads-{pads}", knobs["max_len"] + pads, side) for pads in knobs["pads"]]
    conditions.append(("other-side", knobs["max_len"], "pre" if side == "post" else "post"))
    for name, width, where in conditions:
        rows = keras.utils.pad_sequences(texts, maxlen=width, padding=where, truncating="post")
        states = dict(zip("hcp", reader.predict(rows, batch_size=256, verbose=0), strict=True))
        columns = {
            f"{letter}_{unit}": values[:, unit] for letter, values in states.items() for unit in range(values.shape[1])
        }
        table = pd.DataFrame({"text_id": found["text_id"], "label": found["label"], **columns})
        table.to_parquet(target / f"{name}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
