"""The rule of the synthetic texts, read from truth.json alone."""


def decode_label(text, truth):
    """The clean label of a text by the rule alone, as an index into the classes of `truth` (truth.json).

    Raises:
        ValueError: the text holds no cue word, or two that disagree.
    """
    classes = truth["classes"]
    owner = {word: rank for rank, name in enumerate(classes) for word in truth["cue_words"][name]}
    tokens = text.split()
    meanings = {
        (owner[token] - int(before == truth["negation"])) % len(classes)
        for before, token in zip(["", *tokens], tokens, strict=False)
        if token in owner
    }
    if len(meanings) != 1:
        raise ValueError(f"the cue words of {text!r} mean {len(meanings)} classes")
    return meanings.pop()
