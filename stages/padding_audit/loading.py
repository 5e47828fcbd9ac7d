"""A model from its file. Nothing in a file is run unless the user says so."""

import hashlib
import importlib
import importlib.util
import inspect
import json
import re
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from .errors import AuditError, option
from .facts import model_facts
from .files import checked_file, first_line, reading
from .keras2 import FUNCTIONAL, OPERATIONS, in_keras3
from .result import ModelFacts

HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK"
CONFIG = "config.json"
NOT_HERS = ("keras", "tensorflow", "jax", "torch", "numpy", "builtins")
"""Packages whose names a module may import without making them names of its own."""
SHORT_NAMES = ("mse", "mae", "mape", "msle")
"""Of losses, under which HDF5 files hold them and Keras 3 does not find them (3.15)."""
SMALLEST_VALUES = 2
"""Values of weights in a byte at most, where they are quantized to four bits."""
UNKNOWN = (r"Could not locate (class|function) '(.+?)'", r"Unknown (\w+): '(.+?)'")
"""How Keras says that it does not know a name."""
IMPORT = f"name the Python file or module that defines it with {option('import')}"
TRUST = "add --trust (make: TRUST=1, params.yaml: trust: true) if you trust who wrote it"


@dataclass(frozen=True)
class Stored:
    """What a file says of its model, before anything is built from it."""

    path: Path
    format: str
    """keras or h5."""
    config: Any
    saved_by: str | None


def read_model(path: str | Path, *, imports: Sequence[str] = (), trust: bool = False) -> tuple[Any, ModelFacts]:
    """A model from a `.keras` or HDF5 file of Keras 2 or 3, whatever its name ends in.

    Args:
        path: of the file.
        imports: Python files or dotted names of modules that define the model's own layers and functions; they are
            imported.
        trust: whether the code of Lambda layers, which stands in the file, may be run.

    Raises:
        AuditError: the file is no model, needs code that was not allowed, or Keras cannot read it.
    """
    stored = _stored(Path(path))
    custom = {name: keras.losses.get(name) for name in SHORT_NAMES}
    custom |= {name: value for module in imports for name, value in _defined(_imported(module)).items()}
    if not trust:
        _refuse_code(stored)
    _refuse_unknown(stored, custom, imports)
    _refuse_rows_without_weights(stored)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _loaded(stored, _readable(stored, Path(folder)), custom, imports, trust=trust)
    with stored.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = model_facts(model)
    return model, replace(known, file=stored.path.name, format=stored.format, sha256=digest, saved_by=stored.saved_by)


def _stored(path: Path) -> Stored:
    if path.is_dir() and (path / "saved_model.pb").exists():
        raise AuditError(
            f"{path}: this is a SavedModel, which holds no layers to look at; load it with the code that made it and "
            "save it with model.save('model.keras')"
        )
    if path.is_dir() and (path / CONFIG).exists():
        raise AuditError(f"{path}: this is a `.keras` file that was unpacked; zip what is in it into model.keras")
    with checked_file(path).open("rb") as file:
        start = file.read(len(HDF5))
    if start == HDF5:
        return _stored_in_hdf5(path)
    if not start.startswith(ZIP):
        raise AuditError(f"{path}: this is no model of Keras, neither a `.keras` file nor HDF5")
    with reading(path), zipfile.ZipFile(path) as archive:
        if CONFIG not in archive.namelist():
            raise AuditError(f"{path}: this zip holds no model of Keras, as there is no {CONFIG} in it")
        metadata = json.loads(archive.read("metadata.json")) if "metadata.json" in archive.namelist() else {}
        return Stored(path, "keras", json.loads(archive.read(CONFIG)), metadata.get("keras_version"))


def _stored_in_hdf5(path: Path) -> Stored:
    import h5py

    with reading(path), h5py.File(path, "r") as file:
        config, version = file.attrs.get("model_config"), file.attrs.get("keras_version")
    if config is None:
        raise AuditError(
            f"{path}: the file holds weights and no layers; build the model, load them and save it with "
            "model.save('model.keras')"
        )
    with reading(path):
        return Stored(path, "h5", json.loads(_text(config)), None if version is None else _text(version))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _readable(stored: Stored, folder: Path) -> Path:
    """The file itself, or a copy whose name and words Keras 3 reads."""
    suffix = {"keras": ".keras", "h5": ".h5"}[stored.format]
    older = str(stored.saved_by).startswith("2.")
    if not older and stored.path.suffix == suffix:
        return stored.path
    path = folder / f"model{suffix}"
    if not older:
        return Path(shutil.copyfile(stored.path, path))
    config = json.dumps(in_keras3(stored.config, archive=stored.format == "keras"))
    if stored.format == "h5":
        import h5py

        shutil.copyfile(stored.path, path)
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = config
        return path
    with zipfile.ZipFile(stored.path) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            with source.open(name) as old, target.open(name, "w", force_zip64=True) as new:
                new.write(config.encode()) if name == CONFIG else shutil.copyfileobj(old, new)
    return path


def _loaded(stored: Stored, path: Path, custom: Mapping[str, Any], imports: Sequence[str], *, trust: bool) -> Any:
    def loaded(*, compiled: bool) -> Any:
        return keras.models.load_model(path, custom_objects=custom, compile=compiled, safe_mode=not trust)

    try:
        with suppress(Exception):  # a loss or metric of the user's is no reason to refuse her model
            return loaded(compiled=True)
        return loaded(compiled=False)
    except Exception as error:
        raise AuditError(_sentence(stored, error, imports)) from error


def _sentence(stored: Stored, failure: Exception, imports: Sequence[str]) -> str:
    message = str(failure)
    for pattern in UNKNOWN:
        if match := re.search(pattern, message):
            return _unknown(stored, match[1] if match[1] == "function" else "class", match[2], imports)
    said = first_line(message.rpartition("Exception encountered:")[2])
    if str(stored.saved_by).startswith("2."):
        way = "save it there as .h5" if stored.format == "keras" else "build it anew in Keras 3 and load its weights"
        return f"{stored.path}: Keras 3 cannot read this model of Keras {stored.saved_by}; {way} ({said})"
    if _numbers(stored.saved_by) > _numbers(keras.__version__):
        newer = f"a newer Keras ({stored.saved_by}) wrote the file and {keras.__version__} cannot read it"
        return f"{stored.path}: {newer}; run `pip install --upgrade keras` ({said})"
    return f"{stored.path}: Keras {keras.__version__} cannot read the file: {said}"


def _numbers(version: str | None) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version or "")[:2]]


def _unknown(stored: Stored, kind: str, name: str, imports: Sequence[str]) -> str:
    layer = next((layer for layer, node in parts(stored.config) if name in _names_in(node)), None)
    what = f"layer `{layer}` needs" if layer and name != stored.config.get("class_name") else "the model needs"
    if name in OPERATIONS:
        return (
            f"{stored.path}: {what} an operation of Keras 2 ({name}) that Keras 3 cannot read; build the model anew in "
            "Keras 3 and load its weights"
        )
    owner = f"neither Keras nor {', '.join(imports)} has" if imports else "Keras does not have"
    return f"{stored.path}: {what} the {kind} `{name}`, which {owner}; {IMPORT}"


def _refuse_code(stored: Stored) -> None:
    for layer, node in parts(stored.config):
        old = node["class_name"] == "Lambda" and isinstance(node["config"].get("function"), list)
        if old or node["class_name"] == "__lambda__":
            raise AuditError(f"{stored.path}: layer `{layer}` would run code that stands in the file (Lambda); {TRUST}")


def _refuse_unknown(stored: Stored, custom: Mapping[str, Any], imports: Sequence[str]) -> None:
    """Early versions of Keras 3 import whatever module a file names, so what nobody allowed ends here."""
    for _, node in parts(stored.config):
        is_function = node["class_name"] == "function"
        name = node["config"] if is_function else node["class_name"]
        module = str(node.get("module", "keras"))
        known = module.partition(".")[0] in ("keras", "builtins") or module.endswith(FUNCTIONAL)
        registered = name if is_function else node.get("registered_name") or name
        if (not known and keras.saving.get_registered_object(registered, custom) is None) or name in OPERATIONS:
            raise AuditError(_unknown(stored, "function" if is_function else "class", name, imports))


def _refuse_rows_without_weights(stored: Stored) -> None:
    """A table of more rows than the file has weights for would be built whole before Keras sees that it is wrong."""
    size = stored.path.stat().st_size
    if stored.format == "keras":
        with reading(stored.path), zipfile.ZipFile(stored.path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    for layer, part in parts(stored.config):
        rows, width = (_options(part).get(name) for name in ("input_dim", "output_dim"))
        if isinstance(rows, int) and isinstance(width, int) and rows * width > SMALLEST_VALUES * size:
            raise AuditError(
                f"{stored.path}: layer `{layer}` has {rows:,} rows of {width:,} values, and the file holds {size:,} "
                "bytes in all: it is damaged, or its config.json was changed; copy it again"
            )


def _options(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return part["config"] if isinstance(part["config"], dict) else {}


def parts(config: Any, layer: str | None = None) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """Everything in a config that names a class, inner things first, with the innermost layer that it stands in."""
    if isinstance(config, list):
        for item in config:
            yield from parts(item, layer)
    elif isinstance(config, dict):
        options, named = config.get("config"), isinstance(config.get("class_name"), str) and "config" in config
        if named and isinstance(options, dict) and "trainable" in options:
            layer = options.get("name", layer)
        for key, value in config.items():
            if key != "compile_config":
                yield from parts(value, layer)
        if named:
            yield layer, config


def _names_in(config: Any) -> Iterator[str]:
    if isinstance(config, str):
        yield config
    elif isinstance(config, (list, dict)):
        for item in config.values() if isinstance(config, dict) else config:
            yield from _names_in(item)


def _imported(name: str) -> ModuleType:
    """A module by its dotted name or as a Python file, which sees the files beside it."""
    path = Path(name)
    is_file = path.suffix == ".py"
    folder = str(path.resolve().parent if is_file else Path.cwd())
    sys.path.insert(0, folder)
    try:
        if not is_file:
            return importlib.import_module(name)
        checked_file(path)
        own = f"{__package__}.imported.{path.stem}"  # a file may be called as a module that others import
        spec = importlib.util.spec_from_file_location(own, path)
        if spec is None or spec.loader is None:
            raise ImportError("this is no Python file")
        module = sys.modules[own] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except AuditError:
        raise
    except Exception as error:
        raise AuditError(f"import {name}: {type(error).__name__}: {first_line(error)}") from error
    finally:
        sys.path.remove(folder)


def _defined(module: ModuleType) -> dict[str, Any]:
    """The classes and functions of a module that are the user's own."""
    return {
        name: value
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.partition(".")[0] not in NOT_HERS
    }
