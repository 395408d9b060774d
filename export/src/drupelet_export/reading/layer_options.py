"""The options of a layer in a file, of any release, as the arguments of the layer's constructor in Keras 3."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.keras_import import imported_keras
from drupelet_export.reading.canonical_config import ActivationName
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.layer_classes import ACTIVATION_LAYERS, ACTIVATIONS, OPERATIONS, is_of_keras
from drupelet_export.reading.plain_config import plain, shown, unwrapped

Build = Callable[[dict[str, Any], str], Any]
"""Translates the configuration of a layer inside another: of the object and the name of its option."""

_DROPPED_ENDS = ("_initializer", "_regularizer", "_constraint", "_quantizer")
_DROPPED = frozenset(
    [
        "dtype", "build_config", "compile_config", "activity_regularizer", "seed", "autocast", "lora_rank",
        "lora_alpha", "implementation", "input_length", "batch_input_shape", "batch_shape", "input_dtype",
        "input_shape", "batch_size", "input_spec", "weights", "_keras_api_names", "shared_object_id", "query_shape",
        "key_shape", "value_shape", "vocabulary_size", "num_constants", "renorm_clipping", "renorm_momentum",
        "virtual_batch_size", "synchronized", "fused", "flash_attention", "use_cudnn", "softmax_robust_masking",
    ]
)  # fmt: skip
"""Options that do not change an answer computed in float32, or that only repeat what the weights say."""
_LAYERS_INSIDE = ("layer", "backward_layer", "cell")
_RENAMED = {("LeakyReLU", "alpha"): "negative_slope"}
_NOT_EVERYWHERE = {"time_major": False, "groups": 1, "rms_scaling": False, "ragged": False, "sparse": False}
"""Options of some releases that others lack, with the value that changes nothing."""
_MEANING_CHANGED = frozenset(("hard_sigmoid",))


def canonical_options(
    class_name: str, config: Mapping[str, Any], version: KerasVersion, where: str, build: Build
) -> dict[str, Any]:
    """The arguments for the constructor of a layer of :mod:`.layer_classes`, without its name. Raises ModelError."""
    _check_types(config, where)
    options: dict[str, Any] = {}
    known = constructor_names(class_name)
    for key, value in config.items():
        if key in ("name", "quantization_config") or key in _DROPPED or key.endswith(_DROPPED_ENDS):
            continue
        name = _RENAMED.get((class_name, key), key)
        if key in _LAYERS_INSIDE and name in known:
            if isinstance(value, list):
                options["cell"] = [build(item, where) for item in _list_of_objects(value, where)]
            elif value is not None:
                options[key] = build(value, key)
        elif class_name == "StackedRNNCells" and key == "cells":
            options["cells"] = [build(item, key) for item in _list_of_objects(value, where)]
        elif key in ("activation", "recurrent_activation") and name in known:
            options[key] = _activation(value, version, f"{where}: {key}", build)
        elif key == "trainable" or (key == "zero_output_for_mask" and class_name in ("LSTM", "GRU", "SimpleRNN")):
            options[key] = bool(value)
        elif name in known and key != "kwargs":
            options[name] = plain(unwrapped(value), f"{where}: {key}")
        elif value is not None and not (key in _NOT_EVERYWHERE and value == _NOT_EVERYWHERE[key]):
            _refuse(class_name, key, value, where)
    if version.is_before_3:
        _add_defaults(class_name, options, config, where)
    if class_name == "BatchNormalization" and isinstance(options.get("axis"), list):
        options["axis"] = _only_axis(options["axis"], where)
    return options


def _refuse(class_name: str, key: str, value: Any, where: str) -> None:
    if key == "time_major":
        raise ModelError(f"{where}: has time_major=True, expected texts before steps; build it with time_major=False")
    raise ModelError(
        f"{where}: has the option {key!r:.60} ({shown(value)}), which {class_name} of Keras does not know; save the model "
        "again, with Keras 3 if you can"
    )


def _add_defaults(class_name: str, options: dict[str, Any], config: Mapping[str, Any], where: str) -> None:
    """Adds what a configuration of Keras 1 or 2 leaves out and Keras 3 would take to mean something else."""
    if class_name in ("GRU", "GRUCell"):
        # Before Keras 2.1.3 a GRU had no reset_after and applied the reset gate before the matrix product.
        options.setdefault("reset_after", False)
    if class_name in ("LSTM", "GRU") and "recurrent_activation" not in options:
        raise ModelError(
            f"{where}: has no recurrent_activation, whose default changed between releases; save the model again"
        )
    if class_name == "LeakyReLU":
        options.setdefault("negative_slope", 0.3)


def _only_axis(axis: list[Any], where: str) -> Any:
    if len(axis) != 1:
        raise ModelError(f"{where}: normalizes over the axes {axis!r:.60}, expected one")
    return axis[0]


def _list_of_objects(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value) or len(value) > 100:
        raise ModelError(f"{where}: its cells are {shown(value)}, expected a list of at most 100; save the model again")
    return value


def _check_types(config: Mapping[str, Any], where: str) -> None:
    """Raises ModelError for a quantized layer: its weights are no longer those of float32."""
    if config.get("quantization_config") is not None:
        raise ModelError(f"{where}: is quantized; export the float32 model, Drupelet quantizes it")
    policy = config.get("dtype")
    if isinstance(policy, dict):
        name = policy.get("class_name")
        if not is_of_keras(policy.get("module")) or policy.get("registered_name") not in (None, name):
            raise ModelError(f"{where}: computes by {shown(policy)}, expected Keras's own policy; save the model again")
        if name not in ("DTypePolicy", "Policy", "FloatDTypePolicy"):
            raise ModelError(f"{where}: computes by {name!r:.40}, expected float32; export the float32 model")


def _activation(value: Any, version: KerasVersion, where: str, build: Build) -> Any:
    """An ActivationName, None, or a layer for an activation that is one, such as LeakyReLU."""
    if value is None:
        return None
    name = value
    if isinstance(value, dict):
        class_name = value.get("class_name")
        if isinstance(class_name, str) and class_name in ACTIVATION_LAYERS and is_of_keras(value.get("module")):
            return build(value, "activation")
        module = value.get("module")
        is_function = class_name == "function" or isinstance(value.get("config"), str)
        if is_function and (module == "builtins" or is_of_keras(module)) and class_name != "__lambda__":
            name = value.get("config")
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ModelError(
            f"{where} is {shown(value)}, which is not Keras's own; code in a model file is never run, so build "
            "the model without it"
        )
    if version.is_before_3 and name in _MEANING_CHANGED:
        return ActivationName(f"{name}_keras2")
    return ActivationName(name)


def is_installed(class_name: str) -> bool:
    """Whether the installed release of Keras has a layer of :mod:`.layer_classes`; some came after Keras 3.5."""
    return hasattr(imported_keras().layers, class_name)


@cache
def constructor_names(class_name: str) -> frozenset[str]:
    """The names of the arguments of the constructor of a layer."""
    import keras

    return frozenset(inspect.signature(getattr(keras.layers, class_name).__init__).parameters) - {"self", "kwargs"}


def operation_options(class_name: str, config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The arguments for the constructor of an operation of Keras 3. Raises ModelError."""
    known = frozenset(inspect.signature(operation_class(class_name).__init__).parameters) - {"self", "name"}
    options = {}
    for key, value in config.items():
        if key in known:
            value = plain(unwrapped(value), f"{where}: {key}")
            if key == "dtype" and value in ("float16", "bfloat16", "float64"):
                value = "float32"
            options[key] = tuple(value) if isinstance(value, list) else value
        elif key not in ("name", "trainable", "dtype") and value is not None:
            _refuse(class_name, key, value, where)
    return options


@cache
def operation_class(class_name: str) -> Any:
    """The class of an operation of ``keras.ops``."""
    from importlib import import_module

    return getattr(import_module(f"keras.src.ops.{OPERATIONS[class_name]}"), class_name)
