"""What is done to every text before anything counts, compares or splits it: one normal form, and its words.

The stage `ingest` writes texts in the normal form and finds duplicates by their words; the tokenizers that are trained
here make of any text the same words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tokenizers import Regex, normalizers, pre_tokenizers

REMEMBERED = 2**17
SPLITTER = pre_tokenizers.Whitespace()
_CLEANER = normalizers.Sequence([normalizers.Replace(Regex(r"\p{Cf}"), ""), normalizers.NFC()])


def clean(text: str) -> str:
    """A text in Unicode's NFC, without format characters (such as U+200B and U+200E) and white space around it.

    Raises:
        UnicodeEncodeError: it holds half a character, a lone surrogate.
    """
    # Neither changes ASCII, of which most texts are, and asking the library takes ten times as long.
    return (text if text.isascii() else _CLEANER.normalize_str(text)).strip()


def normalizer(lowercase: bool) -> normalizers.Normalizer:
    """What a trained tokenizer does to a text before it splits it into words with `SPLITTER`."""
    return normalizers.Sequence([normalizers.NFC(), *([normalizers.Lowercase()] if lowercase else [])])


@dataclass(frozen=True)
class Words:
    """What makes texts equal: `of` gives the words of a clean text in a row, and `rule` says so in a sentence."""

    of: Callable[[str], str]
    rule: str


def trained_words(lowercase: bool) -> Words:
    """Words as the tokenizers that are trained here split them."""
    normal = normalizer(lowercase)

    # The same few words stand at white space again and again.
    @lru_cache(REMEMBERED)
    def words(chunk: str) -> str:
        return " ".join(word for word, _ in SPLITTER.pre_tokenize_str(normal.normalize_str(chunk)))

    return Words(
        lambda text: " ".join(filter(None, map(words, text.split()))),
        f"Texts are equal where their words are, upper and lower case being {'one' if lowercase else 'two'}.",
    )
