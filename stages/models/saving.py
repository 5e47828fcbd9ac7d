"""Saving a model so that equal models are equal files."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip archive can name."""
SHARED_OBJECT = re.compile(rb'("shared_object_id": )(\d+)')


def save_model(model: "keras.Model", path: Path) -> None:
    """Save as .keras, without what Keras writes into the archive that differs from run to run.

    That is the time, and the memory address by which objects that several layers share are recognised. DVC compares
    files: a model that was trained again to the same weights must not run everything behind it again.
    """
    model.save(path)
    content = io.BytesIO()
    with zipfile.ZipFile(path) as saved, zipfile.ZipFile(content, "w") as archive:
        for member in sorted(saved.namelist()):
            data = saved.read(member)
            if member == "metadata.json":
                data = json.dumps({"keras_version": json.loads(data)["keras_version"]}).encode()
            if member == "config.json":
                data = _numbered(data)
            archive.writestr(zipfile.ZipInfo(member, EARLIEST), data)
    path.write_bytes(content.getvalue())


def _numbered(config: bytes) -> bytes:
    """The same configuration with shared objects numbered in the order of their first use."""
    numbers: dict[bytes, int] = {}
    return SHARED_OBJECT.sub(lambda match: b"%b%d" % (match[1], numbers.setdefault(match[2], len(numbers))), config)
