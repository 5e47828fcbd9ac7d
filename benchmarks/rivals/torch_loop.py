"""The PyTorch loop, in one of two ways: `packed`, or `bucketed` by hand, one seed after another. Needs torch alone."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

POOL_BATCHES = 50


class Classifier(torch.nn.Module):
    """Embedding, LSTM, and a linear layer on the last state of the text."""

    def __init__(self, vocabulary: int, embedding: int, units: int, packed: bool) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, embedding, padding_idx=0)
        self.lstm = torch.nn.LSTM(embedding, units, batch_first=True)
        self.output = torch.nn.Linear(units, 1)
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


def main(folder: Path, epochs: int, way: str, seeds: int) -> None:
    """Train `seeds` models and print how long that took."""
    knobs = json.loads((folder / "knobs.json").read_text(encoding="utf-8"))
    splits = {name: _split(folder / f"{name}.npz") for name in ("train", "validation")}
    start = time.perf_counter()
    for seed in range(seeds):
        _train(splits, knobs, epochs, way, seed)
    print(json.dumps({"seconds": time.perf_counter() - start}))


def _train(splits: dict, knobs: dict, epochs: int, way: str, seed: int) -> None:
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    model = Classifier(knobs["vocabulary"], knobs["embedding"], knobs["units"], way == "packed")
    optimizer = torch.optim.Adam(model.parameters(), lr=knobs["learning_rate"])
    loss = torch.nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        model.train()
        for rows in _batches(splits["train"][1], knobs["batch_size"], way, generator):
            tokens, length, label = _batch(splits["train"], rows)
            optimizer.zero_grad()
            loss(model(tokens, length), label).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            order = np.argsort(splits["validation"][1], kind="stable")
            for first in range(0, len(order), 256):
                tokens, length, label = _batch(splits["validation"], order[first : first + 256])
                loss(model(tokens, length), label)


def _batches(length: np.ndarray, size: int, way: str, generator: np.random.Generator) -> list[np.ndarray]:
    order = generator.permutation(len(length))
    if way == "packed":
        return [order[first : first + size] for first in range(0, len(order), size)]
    pools = [order[first : first + size * POOL_BATCHES] for first in range(0, len(order), size * POOL_BATCHES)]
    pools = [pool[np.argsort(length[pool], kind="stable")] for pool in pools]
    batches = [pool[first : first + size] for pool in pools for first in range(0, len(pool), size)]
    return [batches[index] for index in generator.permutation(len(batches))]


def _batch(split: tuple, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    tokens, length, label = split
    width = int(length[rows].max())
    return torch.from_numpy(tokens[rows, :width]), torch.from_numpy(length[rows]), torch.from_numpy(label[rows])


def _split(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = np.load(path)
    length = found["length"].astype(np.int64)
    tokens = np.zeros((len(length), length.max()), np.int64)
    tokens[np.arange(length.max()) < length[:, np.newaxis]] = found["tokens"]
    return tokens, length, found["label"].astype(np.float32)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
