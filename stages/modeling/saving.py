"""Saving a model so that equal models are equal files."""

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip archive can name."""


def save_model(model: "keras.Model", path: Path) -> None:
    """Save as .keras, with the times left out that Keras writes into the archive.

    DVC compares files: a model that was trained again to the same weights must not run everything behind it again.
    """
    model.save(path)
    content = io.BytesIO()
    with zipfile.ZipFile(path) as saved, zipfile.ZipFile(content, "w") as archive:
        for member in sorted(saved.namelist()):
            data = saved.read(member)
            if member == "metadata.json":
                data = json.dumps({"keras_version": json.loads(data)["keras_version"]}).encode()
            archive.writestr(zipfile.ZipInfo(member, EPOCH), data)
    path.write_bytes(content.getvalue())
