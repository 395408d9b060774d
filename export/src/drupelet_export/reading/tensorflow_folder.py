"""Reads a SavedModel folder of Keras 2: its layers from keras_metadata.pb, its weights from the checkpoint. No graph is run."""

from __future__ import annotations

import math
import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drupelet.digest import sha256_hex
from drupelet.errors import DrupeletError
from drupelet_export.errors import ModelError
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.model_builder import BuiltLayer
from drupelet_export.reading.older_weights import Array, arranged
from drupelet_export.reading.plain_config import MAX_CONFIG_BYTES, parse_json
from drupelet_export.reading.protobuf_fields import fields
from drupelet_export.reading.source_file import copy_source_file, read_source_file
from drupelet_export.reading.weights_by_name import set_weight, variables_of

SAVED_MODEL = "saved_model.pb"
"""The file by which a folder is known as a SavedModel of TensorFlow."""
KERAS_METADATA = "keras_metadata.pb"
"""The file in which Keras 2 keeps the configuration of its layers."""
CHECKPOINT = Path("variables") / "variables"
MAX_CHECKPOINT_BYTES = 1 << 30
"""Maximum bytes of all files of a checkpoint together, as of a model in one file. A text classifier for a Pi has megabytes."""
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The name in a checkpoint of the graph of objects whose edges lead to the weights."""
WAY_OUT = (
    "next: model.save('model.keras') in the program that has the model, or "
    "tf.keras.models.load_model(FOLDER).save('model.h5') with the TensorFlow that wrote it"
)
_ROOT = "root"
_CHECKPOINT_FILE = re.compile(r"variables\.(index|data-\d{5}-of-\d{5})")


def read_metadata(folder: Path) -> tuple[Any, KerasVersion, str]:
    """The configuration of the model in a SavedModel folder, the version of Keras, and the SHA-256 of the bytes that were read.

    Raises ModelError with the way out.
    """
    where = f"{folder}/{KERAS_METADATA}"
    try:
        content = read_source_file(folder / KERAS_METADATA, MAX_CONFIG_BYTES, folder)
    except OSError as error:
        raise ModelError(
            f"{folder}: a SavedModel, which is a program and not a list of layers, without {KERAS_METADATA}; {WAY_OUT}"
        ) from error
    for number, node in fields(memoryview(content), where):
        if number == 1 and isinstance(node, memoryview):
            parts = dict(fields(node, where))
            if _text(parts.get(3)) == _ROOT:
                return _config(_text(parts.get(5)), where), KerasVersion("2.4.0"), sha256_hex(content)
    raise ModelError(f"{where}: names no model; {WAY_OUT}")


def _config(text: str, where: str) -> Any:
    metadata = parse_json(text, where)
    if not isinstance(metadata, dict) or not isinstance(metadata.get("config"), dict):
        raise ModelError(f"{where}: has no layers: a subclass of Model keeps them in Python code; {WAY_OUT}")
    config = metadata["config"]
    class_name = metadata.get("class_name")
    return {"class_name": "Sequential" if class_name == "Sequential" else "Functional", "config": config}


def _text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, memoryview) else ""


def _copied(folder: Path, copy: Path) -> tuple[int, tuple[str, ...]]:
    """Copies the files of the checkpoint; returns their bytes together, and the SHA-256 of each."""
    paths = sorted(path for path in (folder / CHECKPOINT.parent).iterdir() if _CHECKPOINT_FILE.fullmatch(path.name))
    claimed = sum(path.stat().st_size for path in paths)
    if claimed > MAX_CHECKPOINT_BYTES:
        raise ModelError(
            f"{folder / CHECKPOINT.parent}: {claimed} bytes of weights, expected at most {MAX_CHECKPOINT_BYTES}; next: save "
            "the model without its optimizer: load it with compile=False, and save that"
        )
    size, digests = 0, []
    for path in paths:
        found, digest = copy_source_file(path, MAX_CHECKPOINT_BYTES - size, folder, copy / path.name)
        size += found
        digests.append(digest)
    return size, tuple(digests)


class FolderWeights:
    """The weights in the checkpoint of a SavedModel folder. ``digests`` are the SHA-256 of its files, as they were read.

    TensorFlow takes the name of a checkpoint and opens its files itself. It gets a copy, whose bytes are those of the digests.
    """

    def __init__(self, folder: Path) -> None:
        from tensorflow import train

        self.where = str(folder)
        copy = Path(tempfile.mkdtemp(prefix="drupelet-checkpoint-"))
        weakref.finalize(self, shutil.rmtree, copy, ignore_errors=True)
        try:
            stored, self.digests = _copied(folder, copy)
            self._reader = train.load_checkpoint(str(copy / CHECKPOINT.name))
            self._shapes: Mapping[str, Sequence[int]] = self._reader.get_variable_to_shape_map()
            if self.numbers() > stored:  # a number has two bytes at least
                raise ModelError(f"{folder}: its weights claim more than the {stored} bytes of its files; {WAY_OUT}")
            graph = bytes(self._reader.get_tensor(OBJECT_GRAPH))
        except DrupeletError:
            raise
        except Exception as error:  # TensorFlow passes on any error of its reader
            line = str(error).partition("\n")[0]
            raise ModelError(f"{folder}: its weights cannot be read ({line:.200}); {WAY_OUT}") from error
        self._nodes = [
            _Node(node, self.where)
            for number, node in fields(memoryview(graph), self.where)
            if number == 1 and isinstance(node, memoryview)
        ]
        if not self._nodes:
            raise ModelError(f"{folder}: its checkpoint names no objects; {WAY_OUT}")

    def numbers(self) -> int:
        """How many numbers all weights hold."""
        return sum(math.prod(shape) for name, shape in self._shapes.items() if name != OBJECT_GRAPH)

    def set_weights(self, kind: str, parts: Sequence[BuiltLayer], version: KerasVersion, node: int = 0) -> None:
        """Sets the weights of a model of that kind whose object is the node. Raises ModelError that names the layer."""
        if kind == "Sequential":  # its input is not one of its objects
            parts = [part for part in parts if part.layer.class_name != "InputLayer"]
        for place, part in enumerate(parts):
            child = self._child(node, f"layer-{place}")
            if part.layer.model is not None and child is not None:
                self.set_weights(part.layer.model.kind, part.inner, version, child)
                continue
            variables = [] if part.layer.is_operation else variables_of(part.live)
            if not variables:
                continue
            values = arranged(part.layer, self._arrays(child), version, "tensorflow")
            if len(values) != len(variables):
                raise ModelError(
                    f"{part.layer.where}: the folder has {len(values)} weights, expected {len(variables)}; {WAY_OUT}"
                )
            for variable, value in zip(variables, values, strict=True):
                set_weight(part, variable, value)

    def _arrays(self, node: int | None) -> list[Array]:
        """The weights of a layer, in its order."""
        listed = None if node is None else self._child(node, "variables")
        found: list[Array] = []
        while listed is not None and (variable := self._child(listed, str(len(found)))) is not None:
            key = self._nodes[variable].checkpoint_key
            if key not in self._shapes:
                raise ModelError(f"{self.where}: weight {key!r:.120} is missing; {WAY_OUT}")
            found.append(self._array(key))
        return found

    def _array(self, key: str) -> Array:
        try:
            return np.asarray(self._reader.get_tensor(key), np.float32)
        except Exception as error:  # TensorFlow passes on any error of its reader
            line = str(error).partition("\n")[0]
            raise ModelError(f"{self.where}: weight {key!r:.120} cannot be read ({line:.200}); {WAY_OUT}") from error

    def _child(self, node: int, name: str) -> int | None:
        child = self._nodes[node].children.get(name)
        return child if child is not None and child < len(self._nodes) else None


class _Node:
    """An object of the checkpoint: its children by their names, and the name of its value."""

    def __init__(self, content: memoryview, where: str) -> None:
        self.children: dict[str, int] = {}
        self.checkpoint_key = ""
        for number, value in fields(content, where):
            if not isinstance(value, memoryview):
                continue
            parts = dict(fields(value, where)) if number in (1, 2) else {}
            if number == 1:
                child = parts.get(1, 0)
                self.children[_text(parts.get(2))] = child if isinstance(child, int) else 0
            elif number == 2 and _text(parts.get(1)) == "VARIABLE_VALUE":
                self.checkpoint_key = _text(parts.get(3))
