"""The architecture of a compiled network: the value that the manifest shows and the model file encodes.

The grammar: embedding -> recurrent layers -> pooling -> dense layers -> output. Names and gate orders are Keras's.
"""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

CELLS = ("lstm", "gru")
DIRECTIONS = ("forward", "backward", "bidirectional")
MERGES = ("none", "concat", "sum", "mul", "ave")
POOLINGS = ("last", "max", "average")
OUTPUTS = ("softmax", "sigmoid", "logits")
PADDINGS = ("none", "pre", "post")
ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid", "hard_sigmoid", "elu", "selu", "silu", "softsign")
"""Activations of dense layers, as Keras 3 defines them (``hard_sigmoid(x) = clip(x / 6 + 0.5, 0, 1)``)."""
RECURRENT_ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "relu")
"""Activations of recurrent layers, for gates and for the state."""
SCHEMES = ("f32", "f16", "wi8", "wi4")
"""Quantization schemes: weights as float32, float16, int8, or int8 with int4 embedding rows."""
PADDING_ID = 0
"""The id that Keras pads with, and the only one that it masks."""
MAX_PADDED_TOKENS = 1 << 20
"""Largest max_tokens of a network whose padding Keras does not mask: it computes so many steps for every text."""
MAX_DIM = 1 << 16
"""Most features or units of a layer: sums of so many int8 products still fit 32 bits (2^16 * 128 * 127 < 2^31)."""
# The position of a name in these tuples is its code in the model file, so names are only ever appended.


class Recurrent(Value):
    """One LSTM or GRU layer over ``input_dim`` features, in one direction or both.

    ``merge`` joins the two directions of a bidirectional layer; all other layers have ``none``. Only a GRU may have
    ``reset_after``.
    """

    cell: str
    direction: str
    merge: str
    input_dim: int
    units: int
    activation: str
    recurrent_activation: str
    reset_after: bool

    def __post_init__(self) -> None:
        _one_of("cell", self.cell, CELLS)
        _one_of("direction", self.direction, DIRECTIONS)
        _one_of("merge", self.merge, MERGES)
        _one_of("activation", self.activation, RECURRENT_ACTIVATIONS)
        _one_of("recurrent_activation", self.recurrent_activation, RECURRENT_ACTIVATIONS)
        if (self.direction == "bidirectional") != (self.merge != "none"):
            raise FormatError(f"a {self.direction} layer with merge {self.merge!r}: only bidirectional layers merge")
        if self.cell == "lstm" and self.reset_after:
            raise FormatError("an LSTM layer with reset_after: only GRU has it")
        _positive("input_dim", self.input_dim)
        _dimension("units", self.units)

    @property
    def output_dim(self) -> int:
        """The number of features that the layer outputs for one step."""
        return 2 * self.units if self.merge == "concat" else self.units

    @property
    def gates(self) -> int:
        """The number of gates: 4 (input, forget, cell, output) for LSTM, 3 (update, reset, candidate) for GRU."""
        return 4 if self.cell == "lstm" else 3

    @property
    def passes(self) -> tuple[str, ...]:
        """The directions in which the layer runs: ``forward``, ``backward``, or both."""
        return ("forward", "backward") if self.direction == "bidirectional" else (self.direction,)


class Dense(Value):
    """One dense layer ``input_dim`` -> ``units``."""

    input_dim: int
    units: int
    activation: str

    def __post_init__(self) -> None:
        _one_of("activation", self.activation, ACTIVATIONS)
        _positive("input_dim", self.input_dim)
        _dimension("units", self.units)


class Architecture(Value):
    """A compiled network: embedding, recurrent layers, pooling, dense layers, output.

    With ``padding`` ``none`` the network reads exactly the tokens of a text: masked steps are never computed. With ``pre``
    or ``post`` Keras does not mask the padding, so every text is padded with id 0 to ``max_tokens``, and all steps are
    computed. ``pool_zero_below`` (max pooling only; None: never) adds a vector of zeros to the maximum of a text that has
    fewer tokens, because Keras pools over the outputs of masked steps.
    The last dense layer yields logits (float32, one per class; a single one for a two-class ``sigmoid``). ``output`` is the
    function that turns them into probabilities.
    """

    vocabulary_rows: int
    embedding_dim: int
    recurrent: tuple[Recurrent, ...]
    pooling: str
    dense: tuple[Dense, ...]
    output: str
    max_tokens: int | None
    padding: str
    pool_zero_below: int | None

    def __post_init__(self) -> None:
        _positive("vocabulary_rows", self.vocabulary_rows)
        _dimension("embedding_dim", self.embedding_dim)
        _one_of("pooling", self.pooling, POOLINGS)
        _one_of("output", self.output, OUTPUTS)
        _one_of("padding", self.padding, PADDINGS)
        if not self.recurrent or not self.dense:
            raise FormatError("a network without a recurrent or without a dense layer: expected at least one of each")
        dims = [self.embedding_dim]
        widths = [(r.input_dim, r.output_dim) for r in self.recurrent] + [(d.input_dim, d.units) for d in self.dense]
        for place, (input_dim, output_dim) in enumerate(widths):
            if input_dim != dims[-1]:
                raise FormatError(f"layer {place} reads {input_dim} features, the one before gives {dims[-1]}")
            dims.append(output_dim)
        if self.dense[-1].activation != "linear":
            raise FormatError(f"the last dense layer has activation {self.dense[-1].activation!r}, expected 'linear'")
        if self.output == "softmax" and self.dense[-1].units < 2:
            raise FormatError("softmax over a single unit is always 1: expected at least two units, or sigmoid")
        if self.max_tokens is not None:
            _positive("max_tokens", self.max_tokens)
            if self.padding != "none" and self.max_tokens > MAX_PADDED_TOKENS:
                raise FormatError(f"padding to max_tokens {self.max_tokens}, expected at most {MAX_PADDED_TOKENS}")
        elif self.padding != "none":
            raise FormatError(f"padding {self.padding!r} without max_tokens: expected the length that is padded to")
        if self.pool_zero_below is not None and (self.pooling != "max" or self.padding != "none"):
            raise FormatError("pool_zero_below without an unpadded max pooling: expected none")

    @property
    def padded(self) -> bool:
        """Whether texts are padded to ``max_tokens`` before the network reads them."""
        return self.padding != "none"

    @property
    def class_count(self) -> int:
        """The number of classes: units of the last layer, or two for a single unit."""
        return max(2, self.dense[-1].units)

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all float32 tensors of the network by name, in file order and in Keras's layout."""
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.vocabulary_rows, self.embedding_dim)}
        for place, layer in enumerate(self.recurrent):
            width = layer.gates * layer.units
            for direction in layer.passes:
                prefix = f"recurrent.{place}.{direction}"
                shapes[f"{prefix}.kernel"] = (layer.input_dim, width)
                shapes[f"{prefix}.recurrent_kernel"] = (layer.units, width)
                shapes[f"{prefix}.bias"] = (2, width) if layer.reset_after else (width,)
        for place, dense in enumerate(self.dense):
            shapes[f"dense.{place}.kernel"] = (dense.input_dim, dense.units)
            shapes[f"dense.{place}.bias"] = (dense.units,)
        return shapes

    def summary(self) -> list[str]:
        """One line for each layer, for people."""
        lines = [f"Embedding({self.vocabulary_rows} x {self.embedding_dim})"]
        for layer in self.recurrent:
            both = f", {layer.direction}" if layer.merge == "none" else f", {layer.direction} {layer.merge}"
            lines.append(f"{layer.cell.upper()}({layer.units}{'' if both == ', forward' else both})")
        lines.append({"last": "last state", "max": "max pooling", "average": "average pooling"}[self.pooling])
        lines += [f"Dense({dense.units}, {dense.activation})" for dense in self.dense[:-1]]
        lines.append(f"Dense({self.dense[-1].units}, {self.output})")
        return lines


def _one_of(field: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise FormatError(f"{field} is {value!r}, expected one of {', '.join(allowed)}")


def _positive(field: str, value: int) -> None:
    if value < 1:
        raise FormatError(f"{field} is {value}, expected at least 1")


def _dimension(field: str, value: int) -> None:
    _positive(field, value)
    if value > MAX_DIM:
        raise FormatError(f"{field} is {value}, expected at most {MAX_DIM}")
