"""The PyTorch loop over shuffled batches, `trimmed` (padded to each batch's longest) or `packed`. Needs torch alone."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch


class Classifier(torch.nn.Module):
    """Embedding, LSTM, and a linear layer on the last state of the text."""

    def __init__(self, knobs: dict, packed: bool) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(knobs["vocabulary"], knobs["embedding"], padding_idx=0)
        self.lstm = torch.nn.LSTM(knobs["embedding"], knobs["units"], batch_first=True)
        self.output = torch.nn.Linear(knobs["units"], 1)
        self.packed = packed

    def forward(self, tokens: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        """Logits, shape (n,), of tokens (n, width) padded behind texts of `length` (n,)."""
        embedded = self.embedding(tokens)
        if self.packed:
            pack = torch.nn.utils.rnn.pack_padded_sequence(embedded, length, batch_first=True, enforce_sorted=False)
            last = self.lstm(pack)[1][0][-1]
        else:
            # Pads stand behind the text, so what the LSTM did before them is what it does without them.
            last = self.lstm(embedded)[0][torch.arange(len(length)), length - 1]
        return self.output(last).squeeze(1)


def batches(texts: tuple, order: np.ndarray, size: int):
    """Tokens as wide as the longest text of the batch, lengths and labels."""
    tokens, length, label = texts
    for first in range(0, len(order), size):
        rows = order[first : first + size]
        width = int(length[rows].max())
        yield torch.from_numpy(tokens[rows, :width]), torch.from_numpy(length[rows]), torch.from_numpy(label[rows])


def read(path: Path) -> tuple:
    """Tokens (n, width), lengths and labels of a split."""
    found = np.load(path)
    length = found["length"].astype(np.int64)
    tokens = np.zeros((len(length), length.max()), np.int64)
    tokens[np.arange(length.max()) < length[:, np.newaxis]] = found["tokens"]
    return tokens, length, found["label"].astype(np.float32)


def main(folder: Path, epochs: int, way: str) -> None:
    """Train one model; print how long that took, imports and loading left out."""
    knobs = json.loads((folder / "knobs.json").read_text(encoding="utf-8"))
    train, validation = (read(folder / f"{split}.npz") for split in ("train", "validation"))
    start = time.perf_counter()
    torch.manual_seed(0)
    torch.set_flush_denormal(True)  # as TensorFlow does: gradients vanish over 400 steps, and such numbers are slow
    generator = np.random.default_rng(0)
    model, loss = Classifier(knobs, way == "packed"), torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=knobs["learning_rate"])
    for _ in range(epochs):
        for tokens, length, label in batches(train, generator.permutation(len(train[1])), knobs["batch_size"]):
            optimizer.zero_grad()
            loss(model(tokens, length), label).backward()
            optimizer.step()
        with torch.no_grad():
            for tokens, length, label in batches(validation, np.argsort(validation[1]), 256):
                loss(model(tokens, length), label)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
