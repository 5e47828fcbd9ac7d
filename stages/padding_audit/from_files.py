"""An audit of files: what the command line and a table of models ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .auditing import PADS, SIDES, Source, audit
from .data_files import read_data
from .errors import AuditError
from .loading import read_model
from .result import Audit
from .samples import columns_of


@dataclass(frozen=True)
class Request:
    """A model's file, the data to audit it with, and how."""

    model: str | Path
    data: str | Path | None = None
    """None: texts are made from the signature."""
    tokenizer: str | Path | None = None
    text: str = ""
    """The column of texts; empty: as `read_data` finds it."""
    label: str = ""
    """The column of labels; empty: `label` or `labels`, where there is one."""
    imports: Sequence[str] = ()
    """Python files or modules that define the model's own layers and functions."""
    trust: bool = False
    """Whether code that stands in the file may be run."""
    sides: Sequence[str] = SIDES
    pads: Sequence[int] = PADS
    pad_value: float | None = None
    """Of every input that is not named in `pad_values`; None: as the model says."""
    pad_values: Mapping[str, float] | None = None
    """By the input's name."""
    time_inputs: Sequence[str] | None = None
    """The inputs that carry time, where they are not found."""


def audit_files(request: Request) -> Audit:
    """Read a model and its data from files and audit them.

    Raises:
        AuditError: a file cannot be read, or the model cannot be audited.
    """
    model, facts = read_model(request.model, imports=request.imports, trust=request.trust)
    data, labels = None, None
    if request.data is not None:
        data, labels = read_data(
            request.data, model, tokenizer=request.tokenizer, text=request.text, label=request.label
        )
    pad_values = dict(request.pad_values or {})
    if request.pad_value is not None:
        names = [tensor.name for tensor in getattr(model, "inputs", None) or []] or list(columns_of(data))
        pad_values = dict.fromkeys(names, request.pad_value) | pad_values
    try:
        return audit(
            model,
            data,
            labels=labels,
            sides=request.sides,
            pads=request.pads,
            pad_values=pad_values,
            time_inputs=request.time_inputs,
            source=Source(facts, Path(request.data).name if request.data is not None else ""),
        )
    except AuditError as error:
        raise AuditError(f"{request.model}{f' with {request.data}' if request.data else ''}: {error}") from error
