"""The texts of an analysis made by hand, and what their words alone are worth."""

from stages.analysis.contract import BagOfWords, DatasetFacts, PenaltyTrial
from stages.analysis.contract_texts import (
    Corpus,
    CorpusSplit,
    PaddedSplit,
    PaddedTexts,
    TextCounts,
    TokenizedTexts,
    TokenSplit,
    Truth,
    TruthLength,
    WidthChoice,
)
from stages.analysis.estimate import Estimate, SplitScores
from stages.params.schema import Params
from tests.reporting.cases import MAX_LEN, TEST_TEXTS, TOKENS, TRAINING_TEXTS

SPLITS = {"train": TRAINING_TEXTS, "validation": 20, "test": TEST_TEXTS}
TEXTS = sum(SPLITS.values())
SHA256 = "ab" * 32
QUANTILES = {"0": 4, "0.05": 4, "0.5": 11, "0.95": 28, "1": 48}
VOCABULARY = 768


def dataset_of(params: Params, classes: int, *, truth: bool) -> DatasetFacts:
    """So many classes of equally many texts, and their truth where they were generated."""
    names = [f"class|{number}" for number in range(classes)]
    return DatasetFacts(
        name=params.dataset,
        corpus=_corpus(params.dataset, names),
        truth=_truth(names) if truth else None,
        tokens=TokenizedTexts(
            vocabulary_size=VOCABULARY,
            classes=names,
            splits={split: _tokens(texts) for split, texts in SPLITS.items()},
            vectors=None,
        ),
        padded={side: _padded(side, names) for side in params.pad.sides},
    )


def bag_of_words() -> BagOfWords:
    """32 of 40 test texts."""
    return BagOfWords(
        accuracy=Estimate(0.8, 0.652, 0.895),
        penalty=3.0,
        features=700,
        splits={"test": SplitScores(texts=TEST_TEXTS, correct=32, majority=21, accuracy=0.8, nll=0.45)},
        tried=[PenaltyTrial(penalty=3.0, iterations=12, converged=True, validation_accuracy=0.75, validation_nll=0.5)],
    )


def _corpus(dataset: str, names: list[str]) -> Corpus:
    counts = TextCounts(
        available=TEXTS,
        read=TEXTS + 5,
        kept=TEXTS,
        empty=2,
        unlabelled=0,
        conflicting=0,
        duplicates=3,
        unseen_label=0,
        subsampled_away=0,
    )
    splits = {
        split: CorpusSplit(texts=texts, classes=dict.fromkeys(names, texts // len(names)))
        for split, texts in SPLITS.items()
    }
    rules = ["No text stands in two splits."]
    return Corpus(
        dataset=dataset, source="table", classes=names, counts=counts, splits=splits, rules=rules, sha256=SHA256
    )


def _truth(names: list[str]) -> Truth:
    return Truth(
        texts=TEXTS,
        classes=names,
        cue_words={name: [f"cue{number}"] for number, name in enumerate(names)},
        cue_position="anywhere",
        negation="not",
        rule="A rule.",
        noisy_labels=6,
        best_accuracy=0.95,
        length=TruthLength(unit="tokens", mean=TOKENS, shortest=4, longest=48, quantiles={"0.5": 11, "0.95": 28}),
        padding_share_at_longest=1 - TOKENS / 48,
    )


def _tokens(texts: int) -> TokenSplit:
    return TokenSplit(
        texts=texts,
        dropped_empty=0,
        tokens=TOKENS * texts,
        unknown_share=0.01,
        coverage=0.99,
        vocabulary_share=0.9,
        length_quantiles=QUANTILES,
        length_mean=TOKENS,
    )


def _padded(side: str, names: list[str]) -> PaddedTexts:
    share = 0.5823655
    splits = {
        split: PaddedSplit(
            texts=texts,
            tokens=TOKENS * texts,
            padding_share=share,
            truncated_share=0.05,
            cut_share=0.03,
            length_quantiles={quantile: min(length, MAX_LEN) for quantile, length in QUANTILES.items()},
        )
        for split, texts in SPLITS.items()
    }
    choices = {
        "0.95": WidthChoice(max_len=MAX_LEN, padding_share=share),
        "longest": WidthChoice(max_len=48, padding_share=1 - TOKENS / 48),
    }
    return PaddedTexts(
        side=side,
        max_len=MAX_LEN,
        truncate="keep_head",
        vocabulary_size=VOCABULARY,
        classes=names,
        splits=splits,
        choices=choices,
    )
