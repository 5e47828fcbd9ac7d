"""The bag of words as one would write it: scikit-learn's logistic regression on one sparse matrix a split."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy import sparse

SPLITS = ("train", "validation", "test")
GRADIENT = 1e-5
"""As ours: a fit is done where no entry of the gradient of the mean loss is larger."""


def main(folder: Path, solver: str, penalties: list[float], passes: int) -> None:
    """Fit from strong to weak penalties while validation improves; print the scores, and the time without imports."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from threadpoolctl import threadpool_limits

    warnings.simplefilter("ignore")  # of fits that stopped early: their loss is printed
    start, cpu = time.perf_counter(), time.process_time()
    with threadpool_limits(1):
        splits = {name: _matrix(folder, name) for name in SPLITS}
        # Of two classes scikit-learn has one row of weights, the difference of the two that a softmax has.
        factor = 2 if len(np.unique(splits["train"][1])) == 2 else 1
        model = LogisticRegression(solver=solver, tol=GRADIENT, max_iter=passes, warm_start=True)
        best = None
        for penalty in penalties:
            model.set_params(C=factor / penalty).fit(*splits["train"])
            nll = {name: log_loss(label, model.predict_proba(present)) for name, (present, label) in splits.items()}
            if best is not None and nll["validation"] >= best["validation"]:
                break
            best = {**nll, "penalty": penalty, "accuracy": model.score(*splits["test"])}
    print(json.dumps({**best, "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}))


def _matrix(folder: Path, split: str) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Which tokens each text holds, padding and unknown left out, and its class."""
    size = json.loads((folder / "profile.json").read_text(encoding="utf-8"))["vocabulary_size"]
    table = pq.read_table(folder / f"{split}.parquet", columns=["tokens", "length", "label"])
    tokens = table["tokens"].combine_chunks().flatten().to_numpy().copy()
    ends = np.concatenate([[0], np.cumsum(table["length"].to_numpy())])
    present = sparse.csr_matrix((np.ones(len(tokens)), tokens, ends), shape=(len(ends) - 1, size))
    present.sum_duplicates()
    present.data[:] = 1.0
    return present[:, 2:], table["label"].to_numpy()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]))
