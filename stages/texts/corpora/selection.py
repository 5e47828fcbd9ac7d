"""The rules that make a corpus of a dataset's texts: what is dropped, and which text stands in which split."""

import sqlite3
from dataclasses import dataclass

from stages.errors import UserError
from stages.params.texts import CorpusParams
from stages.runtime.paths import SPLITS
from stages.texts.corpora import store
from stages.texts.corpora.source import TEST, TRAIN, VALIDATION, Source, alike, looks_like_list
from stages.texts.normalization import Words

FEWEST_TEXTS_OF_A_CLASS = len(SPLITS)
OTHER = "other"
"""The class that rare ones are merged into."""


@dataclass(frozen=True)
class Counts:
    """Numbers of rows: all that were read, those that each rule dropped, and those that were kept.

    `rare_class` is None where no rare class is dropped.
    """

    read: int
    empty: int
    unlabelled: int
    conflicting: int
    duplicates: int
    rare_class: int | None
    unseen_label: int
    available: int
    subsampled_away: int
    kept: int


@dataclass(frozen=True)
class Selection:
    """A corpus: its classes in the order of their labels, and how it came about.

    `ranks` gives the label of each class number in the store; `texts` counts texts by split and class. `oddities`
    say what looks odd in the labels, with examples.
    """

    classes: tuple[str, ...]
    ranks: dict[int, int]
    counts: Counts
    texts: dict[str, dict[str, int]]
    rules: tuple[str, ...]
    oddities: dict[str, str]


def select(database: sqlite3.Connection, source: Source, params: CorpusParams, words: Words) -> Selection:
    """Read `source` into the store and drop, split and sample there; what is left in the store is the corpus.

    Texts are equal where their `words` are.

    Raises:
        UserError: a row is broken, or too little is left to train on or to test with.
    """
    intake, names = store.fill(database, source, params.seed, words.of, params.fold_labels)
    if len(names) < 2:
        raise UserError(f"{source.name}: only one class, {names[0]!r}; a classifier needs at least two")
    conflicting = store.drop_conflicting(database)
    duplicates = store.drop_duplicates(database)
    oddities = _oddities(list(intake.codes), names, params.fold_labels)
    rare = _settle_rare(database, names, params)
    unseen = store.drop_unseen(database) if intake.official else 0
    shares = {TEST: params.test, VALIDATION: params.validation}
    missing = {split: share for split, share in shares.items() if split not in intake.official}
    if not intake.official:
        _check_classes(database, source, names, settled=params.rare_classes != "keep")
    store.hold_out(database, missing)
    available = sum(store.strata(database).values())
    subsampled = 0 if params.max_texts == "all" else store.subsample(database, params.max_texts)
    strata = store.strata(database)
    _check_splits(strata, names, source)
    ranks = {old: new for new, old in enumerate(sorted({label for _, label in strata}))}
    return Selection(
        classes=tuple(names[old] for old in ranks),
        ranks=ranks,
        counts=Counts(
            read=intake.rows,
            empty=intake.empty,
            unlabelled=intake.unlabelled,
            conflicting=conflicting,
            duplicates=duplicates,
            rare_class=rare,
            unseen_label=unseen,
            available=available,
            subsampled_away=subsampled,
            kept=available - subsampled,
        ),
        texts={split: {names[old]: strata.get((code, old), 0) for old in ranks} for code, split in enumerate(SPLITS)},
        rules=(*_rules(params, missing, bool(intake.official), words), *oddities),
        oddities=oddities,
    )


def _oddities(labels: list[str], names: list[str], fold: bool) -> dict[str, str]:
    """What looks odd in the labels: a sentence, and labels as examples of it; most tables have nothing of it.

    The sentences stand in the report, which shows labels in places of their own alone.
    """
    oddities = {}
    spelt = [group for group in alike(labels).values() if len(group) > 1]
    if spelt:
        fate = "are one" if fold else "stand apart; to make them one, set corpus.fold_labels to true"
        oddities[f"Classes that differ by case or spaces alone {fate}: {len(spelt)} times."] = _shown(spelt[0])
    if lists := looks_like_list(names):
        sentence = (
            f"Labels look like lists: {len(lists)} of {len(names)}. Each combination is a class of its own; a text has "
            "one label here, so leave one in each cell, or write jsonl and choose there."
        )
        oddities[sentence] = _shown(lists)
    return oddities


def _shown(labels: list[str], last: str = ", ") -> str:
    *first, end = (repr(label[:60]) for label in labels[:3])
    return f"{', '.join(first)}{last}{end}" if first else end


def _settle_rare(database: sqlite3.Connection, names: list[str], params: CorpusParams) -> int | None:
    """Drop or merge rare classes, as the knobs say; the number of texts dropped."""
    if params.rare_classes == "drop":
        return store.drop_rare(database, params.rare_below)
    if params.rare_classes == "merge":
        if OTHER not in names:
            names.append(OTHER)
        store.merge_rare(database, params.rare_below, names.index(OTHER))
    return None


def format_counts(name: str, selection: Selection) -> tuple[str, ...]:
    """What was kept of the dataset `name`, what was dropped, and what looks odd, a line each."""
    counts = selection.counts
    splits = ", ".join(f"{split} {sum(texts.values())}" for split, texts in selection.texts.items())
    dropped = {
        "empty": counts.empty,
        "unlabelled": counts.unlabelled,
        "conflicting": counts.conflicting,
        "duplicates": counts.duplicates,
        "of a rare class": counts.rare_class,
        "of a label not in train": counts.unseen_label,
        "by subsampling": counts.subsampled_away,
    }
    reasons = ", ".join(f"{number} {reason}" for reason, number in dropped.items() if number) or "none"
    return (
        f"{name}: kept {counts.kept} of {counts.read} texts in {len(selection.classes)} classes: {splits}",
        f"{name}: dropped: {reasons}",
        *(f"{name}: {sentence} For instance: {labels}" for sentence, labels in selection.oddities.items()),
    )


def _check_classes(database: sqlite3.Connection, source: Source, names: list[str], settled: bool) -> None:
    """Each class that was met must have a text for each split; where rare ones are `settled`, each that is left."""
    left = {label: count for (_, label), count in store.strata(database).items()}
    counts = left if settled else dict.fromkeys(range(len(names)), 0) | left
    few = {names[label]: count for label, count in counts.items() if count < FEWEST_TEXTS_OF_A_CLASS}
    if few:
        shown = ", ".join(f"{name!r} has {count}" for name, count in list(few.items())[:5])
        more = f" (and {len(few) - 5} more classes)" if len(few) > 5 else ""
        spelt = next((group for group in alike(names).values() if len(group) > 1), None)
        fold = f"; first set corpus.fold_labels to true, for {_shown(spelt, ' and ')} stand apart" if spelt else ""
        raise UserError(
            f"{source.name}: fewer texts than the split needs: class {shown}{more}, each needs "
            f"{FEWEST_TEXTS_OF_A_CLASS} that are distinct and stand under no other label; add texts, or set "
            f"corpus.rare_classes to drop or merge{fold}"
        )


def _check_splits(strata: dict[tuple[int, int], int], names: list[str], source: Source) -> None:
    for code, split in enumerate(SPLITS):
        if not any(present == code for present, _ in strata):
            raise UserError(
                f"{source.name}: no text is left in the split {split}; it needs at least one that is no duplicate and "
                f"whose label is met in train; check the column of splits"
            )
    train = [names[label] for code, label in strata if code == TRAIN]
    if len(train) < 2:
        raise UserError(f"{source.name}: only one class, {train[0]!r}, is left in train; a classifier needs two")


def _rules(params: CorpusParams, missing: dict[int, float], official: bool, words: Words) -> tuple[str, ...]:
    """What was done, a sentence a rule, in the order of doing."""
    names = " and ".join(SPLITS[split] for split in sorted(missing))
    split = "The splits are those of the dataset." if official else "The dataset names no split of its own."
    if missing:
        parts = ", ".join(f"{SPLITS[split]} {share:g}" for split, share in sorted(missing.items()))
        split += (
            f" Of each class's remaining texts under train, {names} received a share ({parts}), rounded, at least one "
            f"text where the class has enough: those of the lowest keys."
        )
    return (
        "Texts and labels are in Unicode's NFC, without format characters (as U+200B is one) and white space around.",
        "Rows without a text are dropped (empty): nothing, null, or in csv and tsv exactly NaN or nan.",
        "Rows with a text but without a label are dropped (unlabelled).",
        "Labels that are all integral numbers become integers and sort by value; others sort by code point.",
        words.rule,
        "A text that stands under two labels is dropped with all its copies (conflicting).",
        "Of equal texts under one label one is kept: that in test before that in validation before that in train, "
        "then the first (duplicates).",
        *_rare_rule(params),
        "Rows of a label that no text in train has are dropped (unseen_label)."
        if official
        else "Every class needs three distinct texts, one for each split.",
        split,
        f"The key of a text is the first 8 bytes of blake2b over corpus.seed ({params.seed}), a line feed, and the "
        "text; each file is written in the order of its keys, so its first rows are a random sample.",
        "All texts are used."
        if params.max_texts == "all"
        else f"At most {params.max_texts} texts are kept, in proportion to the texts of each split and label, at least "
        "one of each: those of the lowest keys (subsampled_away).",
        "No text stands in two splits.",
    )


def _rare_rule(params: CorpusParams) -> tuple[str, ...]:
    fate = {"drop": "are dropped (rare_class)", "merge": f"become one class, {OTHER!r}"}.get(params.rare_classes)
    return (f"Classes of fewer than {params.rare_below} of the texts that are left {fate}.",) if fate else ()
