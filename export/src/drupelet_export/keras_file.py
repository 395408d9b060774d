"""Opens a saved Keras model: .keras, or the older .h5, from Keras 2 too.

The configuration in the file is read first, as plain JSON: a layer that cannot be compiled is refused by name before
Keras builds anything, so nothing that a file brings along is ever executed.
"""

from __future__ import annotations

import difflib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

from drupelet_export.errors import ModelError
from drupelet_export.native_log import native_log_on_failure

DROPOUT_LAYERS = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout")
"""Layers that do nothing at inference and hand a mask on."""
RECURRENT_LAYERS = ("LSTM", "GRU")
POOLING_LAYERS = {"GlobalMaxPooling1D": "max", "GlobalAveragePooling1D": "average"}
MODELS = ("Sequential", "Functional", "Model")
SUPPORTED_LAYERS = (
    "InputLayer",
    "TextVectorization",
    "Embedding",
    *DROPOUT_LAYERS,
    *RECURRENT_LAYERS,
    "Bidirectional",
    *POOLING_LAYERS,
    "Dense",
    "Activation",
)
GRAMMAR = (
    "Embedding -> dropouts -> one or more LSTM/GRU, each optionally Bidirectional -> last state | GlobalMaxPooling1D "
    "| GlobalAveragePooling1D -> Dense/dropouts -> Dense(softmax | sigmoid | linear), after an optional TextVectorization"
)

MAX_MODEL_BYTES = 1 << 32
"""Unpacked size of a .keras file: a text classifier for a Pi has megabytes, an archive that unpacks to more is a trap."""

KERAS_2_ONLY = {
    "LSTM": ("time_major",),
    "GRU": ("time_major",),
    "SpatialDropout1D": ("trainable", "noise_shape"),
    "Embedding": ("input_length", "batch_input_shape"),
}
"""Configuration keys that Keras 2 wrote and Keras 3 refuses or warns of; none of them changes an answer."""

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


def load_keras_model(path: Path) -> Any:
    """The Keras model in a .keras or .h5 file, not compiled. Raises ModelError, naming the file and the layer."""
    config, is_hdf5, keras_version = _read_config(path)
    layers = list(_layers(config, path))
    for place, layer in enumerate(layers):
        _check_layer(layer, place, layers, path, keras_version)
    with native_log_on_failure():
        import keras

    with tempfile.TemporaryDirectory() as folder:
        readable = path
        if is_hdf5:
            readable = Path(folder) / "model.h5"
            shutil.copyfile(path, readable)
            with h5py.File(readable, "r+") as weights:
                weights.attrs["model_config"] = json.dumps(_translated(config))
        try:
            return keras.saving.load_model(readable, compile=False, safe_mode=True)
        except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
            raise ModelError(f"{path}: Keras {keras.__version__} cannot build the model: {error}") from error


def _read_config(path: Path) -> tuple[Mapping[str, Any], bool, str]:
    """The configuration of the model, whether the file is HDF5, and the version of Keras that wrote it."""
    try:
        with path.open("rb") as file:
            is_hdf5 = file.read(len(HDF5_MAGIC)) == HDF5_MAGIC
        if is_hdf5:
            with h5py.File(path) as weights:
                config = weights.attrs.get("model_config")
                version = str(weights.attrs.get("keras_version", "unknown"))
            if config is None:
                raise ModelError(f"{path}: holds weights without the model; save it with model.save('model.keras')")
            return _mapping(json.loads(config), path), True, version
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MAX_MODEL_BYTES:
                raise ModelError(f"{path}: unpacks to {size} bytes, expected at most {MAX_MODEL_BYTES}")
            version = str(json.loads(archive.read("metadata.json")).get("keras_version", "unknown"))
            return _mapping(json.loads(archive.read("config.json")), path), False, version
    except FileNotFoundError as error:
        raise ModelError(f"{path}: not found; expected a .keras or .h5 file, or a run folder") from error
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path}: not a .keras or .h5 model ({error}); save with model.save()") from error


def _mapping(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        raise ModelError(f"{path}: its configuration is not that of a Keras model; save with model.save()")
    return value


def _layers(model: Mapping[str, Any], path: Path) -> Iterator[Mapping[str, Any]]:
    """Every layer in the configuration of a model, those of nested models included, in order."""
    if model.get("class_name") not in MODELS:
        raise ModelError(
            f"{path}: a {model.get('class_name')!r}, expected a Sequential or Functional model (a subclass of Model "
            "keeps its layers in Python code: rebuild it with the functional API and load its weights)"
        )
    layers = model["config"].get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise ModelError(f"{path}: its configuration lists no layers; save it with model.save('model.keras')")
    for layer in layers:
        if layer.get("class_name") in MODELS and isinstance(layer.get("config"), dict):
            yield from _layers(layer, path)
        else:
            yield layer


def _check_layer(
    layer: Mapping[str, Any], place: int, layers: list[Mapping[str, Any]], path: Path, keras_version: str
) -> None:
    name = layer.get("class_name")
    if name == "NotEqual" and _is_padding_mask(layer, layers):
        return
    config = layer.get("config")
    own = config.get("name", "?") if isinstance(config, dict) else "?"
    where = f"{path}: layer {place} of {len(layers)}, {own!r} ({name})"
    module = layer.get("module") or "keras.layers"
    if name not in SUPPORTED_LAYERS or not str(module).startswith("keras") or layer.get("registered_name"):
        matches = difflib.get_close_matches(str(name), SUPPORTED_LAYERS, n=1, cutoff=0.75)
        hint = f" (closest: {matches[0]})" if matches else ""
        raise ModelError(f"{where}: not supported{hint}; what compiles is {GRAMMAR}")
    if not isinstance(config, dict):
        raise ModelError(f"{where}: has no configuration; save the model again")
    inner = config.get("layer")
    if name == "Bidirectional" and (not isinstance(inner, dict) or inner.get("class_name") not in RECURRENT_LAYERS):
        kind = inner.get("class_name") if isinstance(inner, dict) else inner
        raise ModelError(f"{where}: wraps {kind!r}, expected LSTM or GRU")
    cell = inner["config"] if name == "Bidirectional" and isinstance(inner, dict) else config
    if cell.get("recurrent_activation") == "hard_sigmoid" and keras_version[:2] in ("1.", "2."):
        raise ModelError(
            f"{where}: hard_sigmoid of Keras {keras_version} is 0.2 x + 0.5, that of Keras 3 is x / 6 + 0.5: its answers "
            "would change; train it again with recurrent_activation='sigmoid'"
        )


def _is_padding_mask(operation: Mapping[str, Any], layers: list[Mapping[str, Any]]) -> bool:
    """Whether this is the ``ids != 0`` that a functional model with ``mask_zero`` lists among its layers."""
    inputs = {layer.get("name") for layer in layers if layer.get("class_name") == "InputLayer"}
    try:
        ids, zero = operation["inbound_nodes"][0]["args"]
        source = ids["config"]["keras_history"][0]
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return bool(source in inputs and zero == 0 and str(operation.get("module")).startswith("keras."))


def _translated(config: Any, class_name: str | None = None) -> Any:
    """A Keras 2 configuration with what Keras 3 refuses taken out, nested layers included."""
    if isinstance(config, list):
        return [_translated(item) for item in config]
    if not isinstance(config, dict):
        return config
    dropped = KERAS_2_ONLY.get(class_name or "", ())
    kept = {key: _translated(value) for key, value in config.items() if key not in dropped}
    if class_name == "GRU":
        # Before Keras 2.1.3 a GRU had no reset_after and applied the reset gate before the matrix product.
        kept.setdefault("reset_after", False)
    if isinstance(config.get("config"), dict):
        kept["config"] = _translated(config["config"], config.get("class_name"))
    return kept
