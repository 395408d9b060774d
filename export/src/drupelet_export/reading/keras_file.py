"""Opens a saved Keras model: a .keras file or the older .h5, also of Keras 2.

The configuration in the file is checked first, as plain JSON, so code in a file is never executed.
"""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from drupelet.errors import InputError
from drupelet.text_source import split_lines, text_of
from drupelet.zip_bundle import BOUNDED_COMPRESSIONS
from drupelet_export.errors import ModelError
from drupelet_export.reading.keras_config import RECURRENT_LAYERS, check_config, is_before_keras_3
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

MAX_MODEL_BYTES = 1 << 32
"""Maximum bytes of an unpacked .keras file. A text classifier for a Pi has megabytes; a larger one is a zip bomb."""
MAX_REASON_CHARACTERS = 300
"""Maximum characters of a Keras error that are shown; Keras may print the whole configuration."""

KERAS_2_ONLY = {
    "LSTM": ("time_major",),
    "GRU": ("time_major",),
    "SpatialDropout1D": ("trainable", "noise_shape"),
    "Embedding": ("input_length", "batch_input_shape"),
}
"""Configuration keys that Keras 2 wrote and that Keras 3 refuses or warns about. None of them changes an answer."""

WRAPPED = {"layer", "backward_layer"}
"""Configuration keys of the layers that a Bidirectional wraps."""

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ENCRYPTED = 1
"""The bit for encryption in the flags of a zip member."""


@contextmanager
def max_pooling_ignores_masks() -> Iterator[None]:
    """Silences Keras's warning that max pooling ignores the mask.

    The output of masked steps is part of Keras's answer, and our files reproduce it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*GlobalMaxPooling1D.*does not support masking")
        yield


@max_pooling_ignores_masks()
def load_keras_model(path: Path) -> Any:
    """The Keras model in a .keras or .h5 file, not compiled. Raises ModelError, naming the file and the layer."""
    config, is_hdf5, keras_version = _read_config(path)
    check_config(config, path, keras_version)
    with tensorflow_log_on_failure():
        import keras
        from keras.src.ops.numpy import (
            NotEqual,
        )  # Keras does not find it by its name, which is all that it writes to .h5

    masks = {"NotEqual": NotEqual}
    with tempfile.TemporaryDirectory() as folder:
        try:
            readable = path
            if is_hdf5:
                readable = _translated_hdf5(path, config, Path(folder))
            else:
                readable_config = _translated(config) if is_before_keras_3(keras_version) else config
                readable_config = _with_vocabulary(readable_config, path)
                if readable_config != config:
                    readable = _archive_with_config(path, readable_config, Path(folder))
            return keras.saving.load_model(readable, custom_objects=masks, compile=False, safe_mode=True)
        except ModelError:
            raise
        except Exception as error:  # Keras passes on any error from deep inside
            raise ModelError(f"{path}: Keras {keras.__version__} cannot build the model: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The innermost reason in a message of Keras, in one line, without the configuration and lists of objects around it."""
    text = str(error).partition("\n\nList of objects that could not be loaded")[0]
    innermost = text.rpartition("Exception encountered: ")[2].strip().split("\n\n")[-1]
    line = innermost.partition("\n")[0] or type(error).__name__
    return line if len(line) <= MAX_REASON_CHARACTERS else f"{line[:MAX_REASON_CHARACTERS]}..."


def _read_config(path: Path) -> tuple[Mapping[str, Any], bool, str]:
    """The configuration of the model, whether the file is HDF5, and the version of Keras that wrote it."""
    try:
        with path.open("rb") as file:
            is_hdf5 = file.read(len(HDF5_MAGIC)) == HDF5_MAGIC
        if is_hdf5:
            with h5py.File(path) as weights:
                config = weights.attrs.get("model_config")
                version = weights.attrs.get("keras_version", "unknown")
            if config is None:
                raise ModelError(f"{path}: holds weights without the model; save it with model.save('model.keras')")
            # Before tf.keras, Keras stored its version as bytes.
            version = version.decode() if isinstance(version, bytes) else str(version)
            return _mapping(json.loads(config), path), True, version
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path)
            version = str(json.loads(archive.read("metadata.json")).get("keras_version", "unknown"))
            return _mapping(json.loads(archive.read("config.json")), path), False, version
    except FileNotFoundError as error:
        raise ModelError(f"{path}: not found; expected a .keras or .h5 file, or a run folder") from error
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError, OSError, AttributeError,
        RuntimeError,
    ) as error:  # fmt: skip
        raise ModelError(f"{path}: not a .keras or .h5 model ({error}); save with model.save()") from error


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Raises ModelError unless every member unpacks to a bounded size."""
    for member in archive.infolist():
        if member.flag_bits & _ENCRYPTED or member.compress_type not in BOUNDED_COMPRESSIONS:
            raise ModelError(
                f"{path}: not a .keras or .h5 model ({member.filename!r} is encrypted, or neither stored nor deflated); "
                "save with model.save()"
            )
    size = sum(member.file_size for member in archive.infolist())
    if size > MAX_MODEL_BYTES:
        raise ModelError(f"{path}: unpacks to {size} bytes, expected at most {MAX_MODEL_BYTES}")


def _mapping(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        raise ModelError(f"{path}: its configuration is not that of a Keras model; save with model.save()")
    return value


def _translated_hdf5(path: Path, config: Mapping[str, Any], folder: Path) -> Path:
    """A copy of an .h5 file whose configuration Keras 3 reads."""
    place = folder / "model.h5"
    shutil.copyfile(path, place)
    with h5py.File(place, "r+") as weights:
        weights.attrs["model_config"] = json.dumps(_translated(config))
    return place


def _archive_with_config(path: Path, config: Mapping[str, Any], folder: Path) -> Path:
    """A copy of a .keras file with another configuration."""
    place = folder / "model.keras"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(place, "w") as changed:
        for member in archive.infolist():
            if member.filename == "config.json":
                changed.writestr("config.json", json.dumps(config))
            else:
                with archive.open(member) as source, changed.open(member.filename, "w") as target:
                    shutil.copyfileobj(source, target)
    return place


def _with_vocabulary(config: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The configuration with the vocabulary of its TextVectorization in it, which Keras takes before that of the assets.

    Keras reads its own vocabulary.txt with ``splitlines`` and the encoding of the locale. So a token with U+0085, U+2028 or a
    lone carriage return becomes two, and the file cannot be loaded. Here a token ends at a line feed, as Keras wrote it.
    Anything but one layer and one vocabulary is left to Keras: such a model is refused later.
    """
    with zipfile.ZipFile(path) as archive:
        assets = {
            archive.read(name): name
            for name in archive.namelist()
            if name.startswith("assets/") and name.endswith("/vocabulary.txt")
        }  # Keras writes the same file for the layer and for the lookup in it
    changed = copy.deepcopy(dict(config))
    layers = [layer for layer in _vectorization_configs(changed) if layer.get("vocabulary") is None]
    if len(assets) != 1 or len(layers) != 1 or layers[0].get("output_mode") != "int":
        return config
    [(content, name)] = assets.items()
    try:
        words = split_lines(text_of(content, f"{path}: {name}"))
    except InputError as error:
        raise ModelError(str(error)) from error
    while words and not words[-1]:  # as Keras does
        words.pop()
    if words:
        layers[0]["vocabulary"] = words
    return changed if words else config


def _vectorization_configs(value: Any) -> Iterator[dict[str, Any]]:
    """The configuration of every TextVectorization, nested models included."""
    if isinstance(value, dict):
        if value.get("class_name") == "TextVectorization" and isinstance(value.get("config"), dict):
            yield value["config"]
        for item in value.values():
            yield from _vectorization_configs(item)
    elif isinstance(value, list):
        for item in value:
            yield from _vectorization_configs(item)


def _translated(config: Any, class_name: str | None = None) -> Any:
    """A Keras 2 configuration without the keys that Keras 3 refuses, nested layers included."""
    if isinstance(config, list):
        return [_translated(item) for item in config]
    if not isinstance(config, dict):
        return config
    dropped = KERAS_2_ONLY.get(class_name or "", ())
    kept = {key: _translated(value) for key, value in config.items() if key not in dropped}
    if class_name == "GRU":
        # Before Keras 2.1.3 a GRU had no reset_after and applied the reset gate before the matrix product.
        kept.setdefault("reset_after", False)
    for key in WRAPPED & kept.keys():
        if isinstance(kept[key], dict) and kept[key].get("class_name") in RECURRENT_LAYERS:
            # Before Keras 2.12 no configuration named a module, and Keras 3 asks for that of a wrapped layer.
            kept[key] = {"module": "keras.layers", "registered_name": None, **kept[key]}
    if isinstance(config.get("config"), dict):
        kept["config"] = _translated(config["config"], config.get("class_name"))
    return kept
