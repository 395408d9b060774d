"""Writes the .keras file of a model, compressed: a float32 row on the embedding's grid has few different values.

Two models of the same weights and layers give the same bytes, so that a resumed run can be compared with an uninterrupted one.
Keras writes the time of the saving into the file, numbers its objects by their addresses in memory, and counts the operations
of all models of the process.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from drupelet_train.atomic import replacing

METADATA, CONFIG = "metadata.json", "config.json"
"""Members of the archive that Keras writes as JSON."""

OPERATIONS = "keras.src.ops."
"""Start of the modules of operations. Keras makes them between layers, for a mask, and names them itself."""

SAVED = "1980-01-01@00:00:00"
"""Time of the saving that stands in every file, that of the members of its archive. A reader of Keras's asks for one."""


def write_model(path: Path, model: keras.Model) -> None:
    """Saves ``model`` as Keras does, with the members of the archive compressed. Raises as :func:`replacing` does."""
    with replacing(path) as temporary:
        keras.saving.save_model(model, temporary)
        temporary.write_bytes(deflated(temporary.read_bytes()))


def deflated(archive: bytes) -> bytes:
    """The same .keras file with every member compressed. The bytes follow from the model alone."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as stored, zipfile.ZipFile(content, "w") as smaller:
        for member in stored.infolist():
            same = _lasting(member.filename, stored.read(member))
            smaller.writestr(zipfile.ZipInfo(member.filename), same, zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def _lasting(name: str, content: bytes) -> bytes:
    """The content of a member without what differs from saving to saving."""
    if name == METADATA:
        return json.dumps({**json.loads(content), "date_saved": SAVED}).encode()
    if name == CONFIG:
        config = json.loads(content)
        return json.dumps(_Renumbering(_operation_names(config)).of(config)).encode()
    return content


def _operation_names(config: Any) -> dict[str, str]:
    """New names of the operations between layers, by the old ones. The old ones count all models of the process."""
    names: dict[str, str] = {}
    for layer in config.get("config", {}).get("layers", []):
        if layer["module"].startswith(OPERATIONS):
            kind = re.sub(r"_\d+$", "", layer["name"])
            earlier = sum(re.fullmatch(rf"{kind}(_\d+)?", new) is not None for new in names.values())
            names[layer["name"]] = f"{kind}_{earlier}" if earlier else kind
    return names


class _Renumbering:
    """Gives a configuration the ``names``, and its shared objects numbers in their order."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.numbers: dict[int, int] = {}

    def of(self, config: Any) -> Any:
        """The same configuration with new names and numbers."""
        if isinstance(config, list):
            return [self.of(item) for item in config]
        return {key: self._value(key, value) for key, value in config.items()} if isinstance(config, dict) else config

    def _value(self, key: str, value: Any) -> Any:
        if key == "shared_object_id":
            return self.numbers.setdefault(value, len(self.numbers))
        if key == "name":
            return self.names.get(value, value)
        if key == "keras_history":
            return [self.names.get(value[0], value[0]), *value[1:]]
        return self.of(value)
