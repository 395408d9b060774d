"""Weights as Keras 1, CuDNN layers and Theano store them, arranged as those of the same layer in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from drupelet_export.errors import ModelError
from drupelet_export.reading.canonical_config import CanonicalLayer
from drupelet_export.reading.keras_version import KerasVersion

Array = NDArray[np.float32]
_GATES_OF_KERAS_1 = {"LSTM": (0, 2, 1, 3), "GRU": (0, 1, 2)}
"""Where Keras 1 stores the kernel, recurrent kernel and bias of each gate of Keras 3: LSTM as i, c, f, o; GRU as z, r, h."""
_CONVOLUTIONS = ("Conv1D", "Conv1DTranspose")


def stored_count(layer: CanonicalLayer, count: int, version: KerasVersion) -> int:
    """How many arrays a file has for a layer with ``count`` weights in Keras 3."""
    inner = layer.options.get("layer")
    if layer.class_name == "Bidirectional" and isinstance(inner, CanonicalLayer):
        return 2 * stored_count(inner, count // 2, version)
    if version.is_1 and layer.class_name in _GATES_OF_KERAS_1:
        return 3 * len(_GATES_OF_KERAS_1[layer.class_name])
    return count


def arranged(layer: CanonicalLayer, arrays: Sequence[Array], version: KerasVersion, backend: str) -> list[Array]:
    """The arrays of a layer as Keras 3 arranges them. Raises ModelError for shapes that the layer cannot have."""
    if layer.replacement is not None:
        return list(arrays)
    inner = layer.options.get("layer")
    if isinstance(inner, CanonicalLayer) and layer.class_name in ("Bidirectional", "TimeDistributed"):
        if layer.class_name == "TimeDistributed":
            return arranged(inner, arrays, version, backend)
        half = len(arrays) // 2
        other = layer.options.get("backward_layer", inner)
        parts = ((inner, arrays[:half]), (other, arrays[half:]))
        return [array for part, own in parts for array in arranged(part, own, version, backend)]
    try:
        if layer.stored_class == "CuDNNLSTM" or layer.stored_class == "CuDNNGRU":
            return _cudnn(layer, arrays)
        if version.is_1 and len(arrays) == stored_count(layer, 0, version) and layer.class_name in _GATES_OF_KERAS_1:
            order = _GATES_OF_KERAS_1[layer.class_name]
            return [np.concatenate([arrays[3 * gate + part] for gate in order], axis=-1) for part in range(3)]
        if layer.class_name in _CONVOLUTIONS and arrays:
            kernel = arrays[0]
            if version.is_1 and kernel.ndim == 4:
                kernel = _kernel_of_keras_1(layer, kernel)
            if backend == "theano":  # it turns the kernel round; Keras 3 does not
                kernel = kernel[::-1]
            return [kernel, *arrays[1:]]
    except (ValueError, IndexError) as error:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ModelError(
            f"{layer.where}: has weights of the shapes {shapes:.200}, which a {layer.stored_class} of "
            f"{version.text} cannot have; "
            "save the model again"
        ) from error
    return list(arrays)


def _kernel_of_keras_1(layer: CanonicalLayer, kernel: Array) -> Array:
    """A kernel (steps, 1, inputs, filters), or before Keras 1.2 (filters, inputs, steps, 1), as (steps, inputs, filters)."""
    size = layer.options.get("kernel_size")
    steps = size[0] if isinstance(size, list) else size
    if kernel.shape[:2] != (steps, 1) or kernel.shape[3] != layer.options.get("filters"):
        kernel = kernel.transpose(2, 3, 1, 0)
    return kernel[:, 0]


def _cudnn(layer: CanonicalLayer, arrays: Sequence[Array]) -> list[Array]:
    """CuDNN stores each gate's kernel by columns, its recurrent kernel transposed, and two biases."""
    kernel, recurrent, biases = arrays
    gates = 4 if layer.class_name == "LSTM" else 3
    units = recurrent.shape[0]
    if (
        recurrent.shape != (units, gates * units)
        or biases.shape != (2 * gates * units,)
        or kernel.shape[1] != gates * units
    ):
        raise ValueError("not the weights of a CuDNN layer")
    kernel = np.hstack([part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)])
    recurrent = np.hstack([part.T for part in np.hsplit(recurrent, gates)])
    if gates == 4:
        return [kernel, recurrent, biases[: gates * units] + biases[gates * units :]]
    return [kernel, recurrent, biases.reshape(2, -1)]
