"""The .keras file of a model, deflated: an embedding on its grid is float32 with few different values in a row."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import keras

from drupelet_train.atomic import replacing


def write_model(path: Path, model: keras.Model) -> None:
    """Saves ``model`` as Keras does, and compresses the members of the archive. Raises InputError as :func:`replacing` does."""
    with replacing(path) as temporary:
        keras.saving.save_model(model, temporary)
        temporary.write_bytes(deflated(temporary.read_bytes()))


def deflated(archive: bytes) -> bytes:
    """The same zip archive with every member deflated; the same bytes for the same members."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as stored, zipfile.ZipFile(content, "w") as smaller:
        for member in stored.infolist():
            smaller.writestr(zipfile.ZipInfo(member.filename), stored.read(member), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()
