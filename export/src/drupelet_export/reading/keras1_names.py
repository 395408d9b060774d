"""Names of Keras 1 in the configuration of a layer, as Keras 2 names them."""

from __future__ import annotations

from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.reading.plain_config import shown

_CLASSES = {
    "Convolution1D": "Conv1D",
    "AtrousConvolution1D": "Conv1D",
    "SeparableConvolution1D": "SeparableConv1D",
    "TimeDistributedDense": "Dense",
}
CLASSES_OF_KERAS_1 = (*_CLASSES, "Merge")
"""Classes that Keras 2 has under another name."""
_MERGES = {
    "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot",
}  # fmt: skip
_RECURRENT = {
    "output_dim": "units",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
}
_OPTIONS = {
    "Dense": {"output_dim": "units", "bias": "use_bias"},
    "LSTM": _RECURRENT,
    "GRU": _RECURRENT,
    "SimpleRNN": _RECURRENT,
    "Dropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "Conv1D": {
        "nb_filter": "filters", "filter_length": "kernel_size", "subsample_length": "strides", "border_mode": "padding",
        "bias": "use_bias", "atrous_rate": "dilation_rate",
    },
    "MaxPooling1D": {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding"},
    "AveragePooling1D": {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding"},
    "UpSampling1D": {"length": "size"},
}  # fmt: skip
_DROPPED = ("input_dim", "input_length", "input_dtype", "consume_less", "dim_ordering", "W_learning_rate_multiplier", "init",
            "inner_init", "forget_bias_init", "W_regularizer", "U_regularizer", "b_regularizer", "W_constraint",
            "U_constraint", "b_constraint", "beta_init", "gamma_init", "gamma_regularizer", "beta_regularizer", "weights",
            "learning_rate_multiplier", "alpha_init")  # fmt: skip
"""Options of Keras 1 that do not change an answer, or that the shape of the input says."""


def options_of_keras_1(class_name: str, config: dict[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    """The class and the options of a layer, in the names of Keras 2. Raises ModelError for what Keras 2 does not have."""
    if class_name == "Merge":
        return _merge(config, where)
    names = _OPTIONS.get(_CLASSES.get(class_name, class_name), {})
    dropped = tuple(name for name in _DROPPED if not (class_name == "Embedding" and name == "input_dim"))
    changed = {names.get(key, key): value for key, value in config.items() if key not in dropped}
    if class_name in ("LSTM", "GRU"):
        changed.setdefault("recurrent_activation", "hard_sigmoid")
    if class_name in ("SimpleRNN", "LSTM", "GRU"):
        changed.setdefault("activation", "tanh")
    if class_name == "Embedding":
        changed.pop("dropout", None)
    if class_name == "BatchNormalization" and changed.pop("mode", 0) != 0:
        raise ModelError(
            f"{where}: normalizes by mode {shown(config['mode'])} of Keras 1, which later releases lack; expected mode 0"
        )
    if changed.get("padding") == "half":
        changed["padding"] = "same"
    return _CLASSES.get(class_name, class_name), changed


def _merge(config: dict[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    mode = config.get("mode", "sum")
    if not isinstance(mode, str) or mode not in _MERGES or config.get("layers"):
        raise ModelError(
            f"{where}: merges by {shown(mode)}; expected one of {', '.join(_MERGES)}, in a functional model; next: build the "
            "model with the functional API and load its weights"
        )
    kept: dict[str, Any] = {"name": config.get("name")}
    if mode == "concat":
        kept["axis"] = config.get("concat_axis", -1)
    if mode == "dot":
        kept["axes"] = config.get("dot_axes", -1)
    return _MERGES[mode], kept
