"""The tokenizer that the knobs want, and which kind fits: words, unless white space does not separate them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from stages.params.texts import TokenizeParams
from stages.runtime.paths import raw_file
from stages.texts.tokens.brought import FormerIndices, brought_tokenizer
from stages.texts.tokens.vocabulary import Corpus, Kind, trained_tokenizer

UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Tibetan, Burmese, Khmer
    "\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, Han
    "]+"
)
LONGEST_WORD = 2.5
"""Characters of a word of these scripts, on average: texts that someone has cut into words have shorter ones."""
ENOUGH = 0.2
"""From this share of the characters on, white space is said not to separate words."""


MOST_UNKNOWN = 0.5
"""From this share of unknown test tokens on, it is said."""


@dataclass(frozen=True)
class Choice:
    """A kind of tokens, the one that was wanted, and `unspaced_share` where that was asked for."""

    kind: str
    wanted: str
    unspaced: float

    def sentences(self, test: dict[str, Any]) -> list[str]:
        """What was chosen and why, and whether words do not fit; `test` is the profile of the test split."""
        written = f"{100 * self.unspaced:.0f} % of the characters stand in words without white space between"
        if self.wanted == "auto":
            why = written if self.kind != "words" else "white space separates words here"
            return [f"tokenize.kind auto: {self.kind}, for {why}"]
        if self.kind != "words" or (self.unspaced < ENOUGH and test["unknown_share"] < MOST_UNKNOWN):
            return []
        why = f" ({written})" if self.unspaced >= ENOUGH else ""
        return [
            f"words do not fit these texts{why}: {100 * test['unknown_share']:.0f} % of the test tokens unknown, "
            f"median length {test['length_quantiles']['0.5']}: set tokenize.kind to wordpiece or bpe"
        ]


def tokenizer_of(knobs: TokenizeParams, raw: Path, training: Corpus) -> tuple[Choice, Tokenizer, FormerIndices]:
    """The tokenizer that the knobs want: the user's, from the folder `raw`, or one trained on the training texts.

    Where the kind is auto, it is words or bpe by the training texts.

    Raises:
        UserError: as `brought_tokenizer`.
    """
    if knobs.kind == "file":
        return Choice("file", knobs.kind, 0.0), *brought_tokenizer(raw_file(raw, knobs.file))
    share = unspaced_share(training) if knobs.kind in ("words", "auto") else 0.0
    # Of the subword tokenizers bpe, for WordPiece has two entries for each of the thousands of characters.
    fitting: Kind = "bpe" if share >= ENOUGH else "words"
    kind = fitting if knobs.kind == "auto" else knobs.kind
    tokenizer = trained_tokenizer(
        kind,
        training,
        vocabulary=knobs.vocabulary,
        min_frequency=knobs.min_frequency,
        lowercase=knobs.lowercase,
    )
    return Choice(kind, knobs.kind, share), tokenizer, None


def unspaced_share(corpus: Corpus) -> float:
    """The share of characters, but for white space, that stand in words which white space does not separate."""
    characters = unspaced = runs = 0
    for texts in corpus():
        for text in texts.to_pylist():
            characters += sum(map(len, text.split()))
            if not text.isascii():
                found = UNSPACED.findall(text)
                runs += len(found)
                unspaced += sum(map(len, found))
    return unspaced / characters if unspaced > LONGEST_WORD * runs else 0.0
