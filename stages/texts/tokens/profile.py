"""What the tokens of a split look like as a whole, and how much of them a vocabulary and word vectors cover."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.texts.tokens import length_histogram
from stages.texts.tokens.encoding import Encoded
from stages.texts.tokens.vectors import WordVectors
from stages.texts.tokens.vocabulary import PADDING, UNKNOWN


class SplitTally:
    """Counts over the texts of one split, batch by batch."""

    def __init__(self, vocabulary_size: int) -> None:
        self._occurrences = np.zeros(vocabulary_size, dtype=np.int64)
        self._lengths: length_histogram.LengthCounts = np.zeros(0, dtype=np.int64)
        self._dropped = 0

    @property
    def texts(self) -> int:
        """Texts that have tokens."""
        return int(self._lengths.sum())

    @property
    def occurrences(self) -> NDArray[np.int64]:
        """How often each index occurs, shape (vocabulary_size,)."""
        return self._occurrences

    def add(self, batch: Encoded) -> None:
        """Count one batch."""
        with_tokens = batch.length[batch.length > 0]
        self._dropped += len(batch.length) - len(with_tokens)
        self._lengths = length_histogram.merged(self._lengths, length_histogram.length_counts(with_tokens))
        self._occurrences += np.bincount(batch.tokens, minlength=len(self._occurrences))

    def profile(self) -> dict[str, Any]:
        """The split's entry in profile.json.

        Raises:
            ValueError: no text has tokens.
        """
        tokens = length_histogram.tokens(self._lengths)
        unknown = int(self._occurrences[UNKNOWN]) / tokens
        return {
            "texts": self.texts,
            "dropped_empty": self._dropped,
            "tokens": tokens,
            "unknown_share": unknown,
            "coverage": 1 - unknown,
            # Padding can occur in no text, so it does not count as an entry here.
            "vocabulary_share": float(np.mean(self._occurrences[PADDING + 1 :] > 0)),
            "length_quantiles": length_histogram.quantiles(self._lengths),
            "length_mean": length_histogram.mean(self._lengths),
            "length_counts": self._lengths.tolist(),
        }


def vector_coverage(name: str, vectors: WordVectors, words: int, occurrences: NDArray[np.int64]) -> dict[str, Any]:
    """How much of the vocabulary and of the training tokens has a vector.

    Args:
        name: the file of vectors.
        vectors: what was read from it.
        words: entries of the vocabulary that are words.
        occurrences: how often each index occurs in the training texts, shape (vocabulary_size,).
    """
    return {
        "file": name,
        "dimension": vectors.rows.shape[1],
        "words_found": int(vectors.found.sum()),
        "vocabulary": words,
        "share_of_training_tokens_found": float(occurrences[vectors.found].sum() / occurrences.sum()),
    }


def format_profile(size: int, splits: dict[str, dict[str, Any]], coverage: dict[str, Any] | None) -> list[str]:
    """The vocabulary's size, what it covers, and the lengths of texts, as lines to print.

    Args:
        size: of the vocabulary.
        splits: `SplitTally.profile` of each split.
        coverage: `vector_coverage`; None where there are no vectors.
    """
    train, test = splits["train"], splits["test"]
    dropped = sum(split["dropped_empty"] for split in splits.values())
    texts = f"{dropped} text{'' if dropped == 1 else 's'}"
    quantiles = train["length_quantiles"]
    lines = [
        f"vocabulary of {size} covers {100 * train['coverage']:.1f} % of the training tokens "
        f"and {100 * test['coverage']:.1f} % of the test tokens; {texts} without tokens dropped",
        f"training texts have {quantiles['0']} to {quantiles['1']} tokens, "
        f"median {quantiles['0.5']}, 95 % at most {quantiles['0.95']}",
    ]
    if coverage is not None:
        lines.append(
            f"{coverage['file']} has vectors of {coverage['dimension']} values for {coverage['words_found']} of "
            f"{coverage['vocabulary']} words, "
            f"{100 * coverage['share_of_training_tokens_found']:.1f} % of the training tokens"
        )
    return lines
