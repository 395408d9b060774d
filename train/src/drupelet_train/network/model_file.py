"""Writes the .keras file of a model, compressed: a float32 row on the embedding's grid has few different values."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import keras

from drupelet_train.atomic import replacing


def write_model(path: Path, model: keras.Model) -> None:
    """Saves ``model`` as Keras does, with the members of the archive compressed. Raises as :func:`replacing` does."""
    with replacing(path) as temporary:
        keras.saving.save_model(model, temporary)
        temporary.write_bytes(deflated(temporary.read_bytes()))


def deflated(archive: bytes) -> bytes:
    """The same zip archive with every member compressed. The bytes follow from the members alone."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as stored, zipfile.ZipFile(content, "w") as smaller:
        for member in stored.infolist():
            smaller.writestr(zipfile.ZipInfo(member.filename), stored.read(member), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()
