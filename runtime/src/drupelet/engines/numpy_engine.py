"""The ``numpy`` engine: runs a .drupelet file with numpy alone. It is the readable reference for the meaning of the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable

from drupelet.architecture import Architecture, Recurrent
from drupelet.bundle import Bundle
from drupelet.engines.foreign_library import import_library, missing_library
from drupelet.engines.wheels import how_to_install
from drupelet.errors import FormatError
from drupelet.manifest import ModelEntry
from drupelet.model_file import (
    DTYPE_FLOAT16,
    DTYPE_FLOAT32,
    DTYPE_INT4,
    DTYPE_INT8,
    DTYPE_UINT8,
    ModelFile,
    read_model_file,
    stored_tensors,
)
from drupelet.rank_ids import ranked_network, ranked_rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]  # float32 throughout
    Activation = Callable[[Array], Array]


class NumpyEngine:
    """Runs .drupelet files with numpy."""

    name = "numpy"
    format = "drupelet"

    def check(self) -> str | None:
        """None when numpy can be imported, otherwise the reason why not."""
        return missing_library("numpy", how_to_install("numpy"))

    def libraries(self) -> tuple[str, ...]:
        """numpy, and no other module."""
        return ("numpy",)

    def load(self, bundle: Bundle, model: ModelEntry) -> NumpySession:
        """The network of a .drupelet file, ready to run."""
        import_library("numpy")
        where = f"{bundle.path}: {model.entry.file}"
        file = read_model_file(bundle.read(model.entry), where)
        if bundle.single_file is None:
            _check_manifest(file, bundle, model, where)
        return NumpySession(file.architecture, file.scheme, stored_arrays(file))

    def version(self) -> str:
        """numpy and its version."""
        return f"numpy {import_library('numpy').__version__}"


def _check_manifest(file: ModelFile, bundle: Bundle, model: ModelEntry, where: str) -> None:
    """Raises FormatError unless scheme, network, text rules and labels are those of the manifest, in the ids of the file."""
    manifest = bundle.manifest
    try:
        network = ranked_network(manifest.architecture, manifest.text_rules, file.architecture.vocabulary_rows)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error
    rules = ranked_rules(manifest.text_rules)
    if (file.architecture, file.text_rules, file.labels) != (network, rules, manifest.labels):
        raise FormatError(
            f"{where}: holds another network, text rules or labels than the manifest says; export it again"
        )
    if file.scheme != model.scheme:
        raise FormatError(f"{where}: its scheme is {file.scheme}, the manifest says {model.scheme}; export it again")


NUMPY_DTYPES = {
    DTYPE_FLOAT32: "<f4",
    DTYPE_FLOAT16: "<f2",
    DTYPE_INT8: "i1",
    DTYPE_INT4: "u1",
    DTYPE_UINT8: "u1",
}
"""numpy dtypes of stored tensors by dtype code; int4 as bytes that hold two values each."""


def stored_arrays(file: ModelFile) -> dict[str, Array]:
    """Every tensor of a model file as it is stored, by name, without a copy. int4 are bytes (rows, ceil(columns / 2))."""
    import numpy as np

    return {
        name: np.frombuffer(file.tensors[name], NUMPY_DTYPES[dtype]).reshape(_stored_shape(dtype, shape))
        for name, (dtype, shape) in stored_tensors(file.architecture, file.scheme).items()
    }


def _stored_shape(dtype: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:-1], -(-shape[-1] // 2)) if dtype == DTYPE_INT4 else shape


class NumpySession:
    """A network and its tensors. Threads may share it: each call allocates its own memory.

    Kernels become float32 once, at load. Embedding rows stay as they are stored and become float32 when they are looked up.
    """

    def __init__(self, network: Architecture, scheme: str, tensors: dict[str, Array]) -> None:
        self._network = network
        self._scheme = scheme
        self._stored = tensors
        self._tensors = {name: _kernel_values(tensors, name) for name in network.tensor_shapes() if name != "embedding"}

    def _embedded(self, ids: NDArray[np.int32]) -> Array:
        """The embedding vectors (tokens, dim) float32 of the ids."""
        import numpy as np

        rows = self._stored["embedding"][ids]
        if self._scheme in ("f32", "f16"):
            return rows.astype(np.float32)
        if self._scheme == "wi4":
            dim = self._network.embedding_dim
            rows = np.concatenate([rows & 15, rows >> 4], axis=1)[:, :dim].astype(np.float32) - np.float32(8)
        scales = self._stored["embedding.scale_table"][self._stored["embedding.scale_codes"][ids]]
        product: Array = rows.astype(np.float32) * scales[:, None]
        return product

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text. Texts run one at a time, so that a batch cannot change an answer."""
        import numpy as np

        activations = _activations()
        # Keras answers 0/0 for the average over no token, and an overflow of exp saturates the activation.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return [self._logits(np.asarray(ids, np.int32), activations) for ids in batch]

    def _logits(self, ids: NDArray[np.int32], activations: dict[str, Activation]) -> list[float]:
        network, tensors = self._network, self._tensors
        steps = self._embedded(ids)
        for place, layer in enumerate(network.recurrent):
            outputs = [
                _run_direction(layer, tensors, f"recurrent.{place}.{direction}", steps, activations)
                for direction in layer.passes
            ]
            last_layer = place == len(network.recurrent) - 1
            if last_layer and network.pooling == "last":
                # A backward pass ends on the first token.
                ends = [out[-1] if way == "forward" else out[0] for way, out in zip(layer.passes, outputs)]
                vector = _merge(layer.merge, ends)
            else:
                # The first step of a forward pass and the last of a backward pass is the initial state, all zeros.
                outputs = [out[1:] if way == "forward" else out[:-1] for way, out in zip(layer.passes, outputs)]
                steps = _merge(layer.merge, outputs)
        if network.pooling != "last":
            vector = _pool(network, steps)
        for place, dense in enumerate(network.dense):
            vector = vector @ tensors[f"dense.{place}.kernel"] + tensors[f"dense.{place}.bias"]
            vector = activations[dense.activation](vector)
        return [float(value) for value in vector]


def _kernel_values(tensors: dict[str, Array], name: str) -> Array:
    """A tensor as float32: as stored, or integers times the scale of their column."""
    import numpy as np

    values: Array = tensors[name].astype(np.float32)
    scales = tensors.get(f"{name}.scales")
    return values if scales is None else values * scales


def _run_direction(
    layer: Recurrent, tensors: dict[str, Array], prefix: str, steps: Array, activations: dict[str, Activation]
) -> Array:
    """The states of one direction, (tokens + 1, units), in text order, including the initial state at its start."""
    import numpy as np

    kernel, bias = tensors[f"{prefix}.kernel"], tensors[f"{prefix}.bias"]
    recurrent_kernel = tensors[f"{prefix}.recurrent_kernel"]
    cell = _lstm if layer.cell == "lstm" else _gru_reset_after if layer.reset_after else _gru_reset_before
    forward = prefix.endswith("forward")
    inputs = steps @ kernel + (bias[0] if layer.reset_after else bias)
    states = np.zeros((len(steps) + 1, layer.units), np.float32)
    h = c = states[0]
    for t in range(len(steps)) if forward else reversed(range(len(steps))):
        h, c = cell(inputs[t], h, c, recurrent_kernel, bias, activations[layer.activation],
                    activations[layer.recurrent_activation])  # fmt: skip
        states[t + 1 if forward else t] = h
    return states


def _lstm(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One LSTM step; gate order input, forget, cell, output (Keras).

    The gate is computed of all four, the cell's for nothing: calls of numpy take the time here, not numbers.
    """
    units = len(h)
    z = x + h @ recurrent_kernel
    gates = gate(z)
    c = gates[units : 2 * units] * c + gates[:units] * activation(z[2 * units : 3 * units])
    return gates[3 * units :] * activation(c), c


def _gru_reset_after(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One GRU step, the reset gate applied after the matrix product; gate order update, reset, candidate (Keras)."""
    units = len(h)
    from_state = h @ recurrent_kernel + bias[1]
    gates = gate(x[: 2 * units] + from_state[: 2 * units])
    z, r = gates[:units], gates[units:]
    candidate = activation(x[2 * units :] + r * from_state[2 * units :])
    return z * h + (1 - z) * candidate, c


def _gru_reset_before(
    x: Array, h: Array, c: Array, recurrent_kernel: Array, bias: Array, activation: Activation, gate: Activation
) -> tuple[Array, Array]:
    """One GRU step, the reset gate applied to the state before the matrix product."""
    units = len(h)
    gates = gate(x[: 2 * units] + h @ recurrent_kernel[:, : 2 * units])
    z, r = gates[:units], gates[units:]
    candidate = activation(x[2 * units :] + (r * h) @ recurrent_kernel[:, 2 * units :])
    return z * h + (1 - z) * candidate, c


def _merge(merge: str, outputs: list[Array]) -> Array:
    import numpy as np

    if merge == "none":
        return outputs[0]
    if merge == "concat":
        return np.concatenate(outputs, axis=-1)
    forward, backward = outputs
    if merge == "mul":
        return forward * backward
    return (forward + backward) / 2 if merge == "ave" else forward + backward


def _pool(network: Architecture, steps: Array) -> Any:
    import numpy as np

    if network.pooling == "average":
        return steps.sum(axis=0) / np.float32(len(steps))
    zero_below = network.pool_zero_below
    if len(steps) == 0 or (zero_below is not None and len(steps) < zero_below):
        steps = np.concatenate([steps, np.zeros((1, steps.shape[1]), np.float32)])
    return steps.max(axis=0)


def _activations() -> dict[str, Activation]:
    """The activations of :data:`drupelet.architecture.ACTIVATIONS`, as Keras 3 defines them."""
    import numpy as np

    def sigmoid(x: Array) -> Array:
        return 1 / (1 + np.exp(-x))

    def elu(x: Array) -> Array:
        return np.where(x > 0, x, np.expm1(x))

    # Klambauer et al. 2017, "Self-Normalizing Neural Networks": scale and alpha of selu, to float32.
    selu_scale, selu_alpha = np.float32(1.0507009873554805), np.float32(1.6732632423543772)
    return {
        "linear": lambda x: x,
        "relu": lambda x: np.maximum(x, np.float32(0)),
        "tanh": np.tanh,
        "sigmoid": sigmoid,
        "hard_sigmoid": lambda x: np.clip(x / np.float32(6) + np.float32(0.5), 0, 1),
        "elu": elu,
        "selu": lambda x: selu_scale * np.where(x > 0, x, selu_alpha * np.expm1(x)),
        "silu": lambda x: x * sigmoid(x),
        "softsign": lambda x: x / (1 + np.abs(x)),
    }
