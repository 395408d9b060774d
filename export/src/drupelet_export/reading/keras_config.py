"""Checks the configuration in a saved Keras model, plain JSON, before Keras builds anything from it.

A layer that cannot be compiled is refused by name. So is every class that is not Keras's own: code that a file names or
contains is never looked up, let alone executed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from drupelet_export.errors import ModelError

DROPOUT_LAYERS = ("Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout")
"""Layers that do nothing at inference and pass a mask on."""
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

Config = Mapping[str, Any]


def is_before_keras_3(keras_version: str) -> bool:
    """True for the version in a model file of Keras 1 or 2. A file without a version is that old."""
    return keras_version.partition(".")[0] in ("1", "2", "unknown")


def check_config(config: Config, path: Path, keras_version: str) -> None:
    """Raises ModelError that names the file and the layer, unless every layer is supported and every class is Keras's own.

    Layers are counted from 0, without input layers and without the masks of functional models.
    """
    try:
        layers = list(_layers(config, path))
        sources = set(_id_sources(config))
        compiled = [layer for layer in layers if not _is_padding_mask(layer, sources)]
        count = sum(layer.get("class_name") != "InputLayer" for layer in compiled)
        place = 0
        for layer in compiled:
            _check_layer(layer, f"{path}: layer {place} of {count}", keras_version)
            place += layer.get("class_name") != "InputLayer"
        _check_classes(config, str(path))
    except RecursionError as error:
        raise ModelError(f"{path}: its configuration is nested too deeply; save with model.save()") from error


def _layers(model: Config, path: Path) -> Iterator[Config]:
    """Every layer in the configuration of a model, in order, with the layers of nested models."""
    if model.get("class_name") not in MODELS:
        raise ModelError(
            f"{path}: a {model.get('class_name')!r}, expected a Sequential or Functional model (a subclass of Model "
            "keeps its layers in Python code: rebuild it with the functional API and load its weights)"
        )
    layers = model["config"].get("layers")
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise ModelError(f"{path}: its configuration lists no layers; save it with model.save('model.keras')")
    for layer in layers:
        if _is_nested_model(layer):
            yield from _layers(layer, path)
        else:
            yield layer


def _is_nested_model(layer: Config) -> bool:
    return layer.get("class_name") in MODELS and isinstance(layer.get("config"), dict)


def _check_layer(layer: Config, where: str, keras_version: str) -> None:
    name = layer.get("class_name")
    config = layer.get("config")
    own = config.get("name", "?") if isinstance(config, dict) else "?"
    where = f"{where}, {own!r} ({name})"
    if name not in SUPPORTED_LAYERS or not _is_of_keras(layer) or layer.get("registered_name"):
        matches = difflib.get_close_matches(str(name), SUPPORTED_LAYERS, n=1, cutoff=0.75)
        hint = f" (closest: {matches[0]})" if matches else ""
        if name in SUPPORTED_LAYERS:
            hint = " (a class of this name that is not Keras's own)"
        raise ModelError(f"{where}: not supported{hint}; supported models: {GRAMMAR}")
    if not isinstance(config, dict):
        raise ModelError(f"{where}: has no configuration; save the model again")
    if name == "TextVectorization":
        _check_own_functions(config, where)
    cells: list[Config] = [config]
    if name == "Bidirectional":
        cells += [_wrapped_config(config[key], where) for key in ("layer", "backward_layer") if key in config]
        if len(cells) == 1:
            raise ModelError(f"{where}: wraps no layer, expected LSTM or GRU; save the model again")
    _check_classes(config, where)
    if is_before_keras_3(keras_version):
        for cell in cells:
            _check_activations(cell, where, keras_version)


def _check_own_functions(config: Config, where: str) -> None:
    """Raises ModelError for a function of the owner's own in a TextVectorization, with the way round it."""
    for key in ("standardize", "split"):
        if isinstance(config.get(key), dict):
            name = config[key].get("config", "unnamed")
            raise ModelError(
                f"{where}: {key} is a function of your own, {name!r:.60}, and code in a model file is never run; next: save "
                "the layers behind it as a model of their own (keras.Sequential([keras.Input((None,)), *model.layers[1:]])"
                ".save('ids.keras')) and its words (json.dump(layer.get_vocabulary(), file)); export ids.keras with --vocab "
                "FILE, and with the function written as steps for --text-rules FILE, for which --print-text-rules "
                "textvectorization prints a start"
            )


def _wrapped_config(layer: Any, where: str) -> Config:
    """The configuration of the layer that a Bidirectional wraps."""
    if not isinstance(layer, dict) or layer.get("class_name") not in RECURRENT_LAYERS:
        kind = layer.get("class_name") if isinstance(layer, dict) else layer
        raise ModelError(f"{where}: wraps {kind!r}, expected LSTM or GRU")
    config = layer.get("config")
    if not isinstance(config, dict):
        raise ModelError(f"{where}: wraps {layer['class_name']!r} without its configuration; save the model again")
    return config


def _check_activations(config: Config, where: str, keras_version: str) -> None:
    for key, instead in (
        ("recurrent_activation", "recurrent_activation='sigmoid'"),
        ("activation", "another activation"),
    ):
        value = config.get(key)
        if "hard_sigmoid" in (value, value.get("config") if isinstance(value, dict) else None):
            raise ModelError(
                f"{where}: hard_sigmoid is 0.2 x + 0.5 in Keras {keras_version} but x / 6 + 0.5 in Keras 3, so the "
                f"answers would change; train it again with {instead}"
            )


def _check_classes(value: Any, where: str) -> None:
    """Raises ModelError when a serialised object, at any depth, is not Keras's own.

    Skips ``compile_config``, the options of training, because nothing is ever built from it.
    """
    if isinstance(value, list):
        for item in value:
            _check_classes(item, where)
    elif isinstance(value, dict):
        name, registered = value.get("class_name"), value.get("registered_name")
        if not _is_of_keras(value) or name == "__lambda__" or registered not in (None, name):
            raise ModelError(
                f"{where}: holds {registered or name!r} of {value.get('module')!r}, expected Keras's own classes; code in a "
                "model file is never run, so build the model without it"
            )
        for key, item in value.items():
            if key != "compile_config":
                _check_classes(item, where)


def _is_of_keras(value: Config) -> bool:
    """True when a serialised object says that Keras defines it, or names no module, as Keras 2 does."""
    module = str(value.get("module") or "keras")
    # Keras files its own functions, such as activations, under the module of all functions.
    is_function = module == "builtins" and value.get("class_name") == "function"
    return module == "keras" or module.startswith("keras.") or is_function


def _id_sources(model: Config) -> Iterator[str]:
    """The names of the layers in a functional model that give ids."""
    for layer in model["config"]["layers"]:
        if layer.get("class_name") in ("InputLayer", "TextVectorization") or _ends_in_ids(layer):
            yield str(layer.get("name"))
        if _is_nested_model(layer):
            yield from _id_sources(layer)


def _ends_in_ids(layer: Config) -> bool:
    if _is_nested_model(layer):
        return bool(layer["config"]["layers"]) and _ends_in_ids(layer["config"]["layers"][-1])
    return layer.get("class_name") == "TextVectorization"


def _is_padding_mask(operation: Config, sources: set[str]) -> bool:
    """True for the ``ids != 0`` that a functional model with ``mask_zero`` lists among its layers."""
    if operation.get("class_name") != "NotEqual":
        return False
    try:
        ids, zero = operation["inbound_nodes"][0]["args"]
        source = ids["config"]["keras_history"][0]
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return bool(source in sources and zero == 0 and _is_of_keras(operation))
