"""The audits of docs/audits/: run with `python -m tests.padding_audit.make_examples`."""

from pathlib import Path

import keras
import numpy as np

from stages.padding_audit import Audit, audit
from stages.padding_audit.page import html, markdown
from tests.padding_audit.scripts import SCRIPTS

FOLDER = Path(__file__).parents[2] / "docs" / "audits"
EXAMPLES = ("sentiment", "translator", "attention_by_hand")
SEED = 1


def audit_of(name: str) -> Audit:
    """The audit of a script with the data and labels that it trained on."""
    keras.utils.set_random_seed(SEED)
    script = SCRIPTS[name](np.random.default_rng(0))
    return audit(script.model, script.data, labels=script.labels)


def main() -> None:
    """Write the three pages of every example."""
    for name in EXAMPLES:
        result = audit_of(name)
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, text in (("json", result.to_json()), ("md", markdown(result)), ("html", html(result))):
            (folder / f"report.{suffix}").write_text(text, encoding="utf-8")
        print(f"{name}: {result.sentence}")


if __name__ == "__main__":
    main()
