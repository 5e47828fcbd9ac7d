"""Stage `audit`: does padding leak through a model of the user's own, at which layer first, and what to do."""

import json
from pathlib import Path

from stages.errors import UserError
from stages.models.tensorflow_setup import prepare_tensorflow
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import write_text


def audit(params: Params, *, model: str, files: Path, reports: Path) -> None:
    """Audit the model `model` of the table, whose files lie in the folder `files`, and write its report.

    report.json holds the entry of params.yaml beside what the audit says, so that the gate can tell whether it is old.
    """
    if model not in params.audit:
        raise UserError(f"params.yaml: the table `audit` has no entry `{model}`")
    prepare_tensorflow()
    from stages.padding_audit.errors import AuditError
    from stages.padding_audit.from_files import Request, audit_files
    from stages.padding_audit.page import html, markdown

    entry = params.audit[model]
    request = Request(
        model=files / entry.file,
        data=entry.data and files / entry.data,
        tokenizer=entry.tokenizer and files / entry.tokenizer,
        text=entry.text or "",
        label=entry.label or "",
        imports=[str(files / name) for name in entry.modules],
        trust=entry.trust,
        pad_values=entry.pad_values,
        time_inputs=entry.time_inputs,
        **entry.model_dump(include={"sides", "pads"}, exclude_none=True),
    )
    try:
        result = audit_files(request)
    except AuditError as error:
        raise UserError(f"audit.{model}: {error}") from None
    report = {"params": entry.written()} | json.loads(result.to_json())
    texts = {
        "report.json": json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        "report.md": markdown(result),
        "report.html": html(result),
    }
    for name, text in texts.items():
        write_text(reports / name, text)
    print(f"{result.sentence} {reports / 'report.md'} says more of `{model}`")


if __name__ == "__main__":
    run(audit)
