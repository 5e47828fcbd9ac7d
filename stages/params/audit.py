"""The table `audit` of params.yaml: the models of the user's own, and how each is to be audited."""

from pathlib import PurePath
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from stages.params.bounds import PadValue, Tokens
from stages.params.datasets import Name
from stages.params.section import Section, require_unique, shown
from stages.params.texts import Side


def _in_the_models_folder(path: str) -> str:
    """DVC watches models/<id>/ alone: a file elsewhere could change without the audit running again."""
    if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
        raise ValueError(
            f"{shown(path)} lies outside models/<id>/, the folder of the model; put the file there and give its name "
            "alone"
        )
    return path


FileName = Annotated[Name, AfterValidator(_in_the_models_folder)]
PythonFile = Annotated[FileName, StringConstraints(pattern=r"\.py$")]


class AuditedModel(Section):
    """One entry: a model of the user's, its files in the folder models/<id>/, and how it is padded."""

    file: FileName
    data: FileName | None = None
    tokenizer: FileName | None = None
    text: Name | None = None
    label: Name | None = None
    pad_values: dict[Name, PadValue] | None = None
    time_inputs: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None = None
    sides: Annotated[tuple[Side, ...], Field(strict=False, min_length=1)] | None = None
    pads: Annotated[tuple[Tokens, ...], Field(strict=False, min_length=1)] | None = None
    modules: Annotated[tuple[PythonFile, ...], Field(strict=False, alias="import")] = ()
    trust: bool = False

    def written(self) -> dict[str, Any]:
        """The entry as it stands in params.yaml."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @field_validator("time_inputs", "sides", "pads", "modules")
    @classmethod
    def _each_once(cls, value: tuple[str | int, ...] | None) -> tuple[str | int, ...] | None:
        return None if value is None else require_unique(value)

    @model_validator(mode="after")
    def _something_to_read(self) -> "AuditedModel":
        for key in ("tokenizer", "text", "label"):
            if self.data is None and getattr(self, key) is not None:
                raise ValueError(
                    f"`{key}` says how `data` is read, and there is no `data`; name the file of your texts"
                )
        return self
