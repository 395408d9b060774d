"""An LSTM, GRU or simple recurrent layer in one direction or both."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.activation_names import RECURRENT_ACTIVATIONS
from drupelet.operations.operation import COLUMNS, FLOATS, Operation, padded, positive
from drupelet.operations.value_type import ValueType, steps_of, vector_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

CELLS = ("lstm", "gru", "rnn")
DIRECTIONS = ("forward", "backward", "bidirectional")
MERGES = ("none", "concat", "sum", "mul", "ave")
RETURNS = ("steps", "last", "cell")
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
"""Gates in Keras's order. LSTM: input, forget, cell, output. GRU: update, reset, candidate."""
MAX_UNITS = 1 << 16
"""Most units: sums of so many int8 products still fit 32 bits (2^16 * 128 * 127 < 2^31)."""


class Recurrent(Operation):
    """steps (length, width) -> steps (length, output) in the order of the text, or a vector.

    ``returns``: ``steps``, the state after each step; ``last``, the state after the last step that a direction reads (zeros, or
    the initial state, where there is no step); ``cell``, the LSTM's c after that step. ``merge`` joins the two directions of a
    bidirectional layer; all other layers have ``none``. Only a GRU may have ``reset_after``. A layer of one direction may read
    its initial state: further inputs h and, for an LSTM, c, which are vectors (units,).

    Tensors of each direction: ``kernel`` (width, gates * units), ``recurrent_kernel`` (units, gates * units), ``bias``
    (gates * units,), or (2, gates * units) with ``reset_after``: input bias, then recurrent bias. A simple recurrent layer
    computes h = activation(x kernel + h recurrent_kernel + bias), and its ``recurrent_activation`` is ``linear``.
    """

    cell: str
    direction: str
    merge: str
    units: int
    activation: str
    recurrent_activation: str
    reset_after: bool
    returns: str

    name = "recurrent"
    choices = {
        "cell": CELLS,
        "direction": DIRECTIONS,
        "merge": MERGES,
        "activation": RECURRENT_ACTIVATIONS,
        "recurrent_activation": RECURRENT_ACTIVATIONS,
        "returns": RETURNS,
    }
    storage = {"kernel": COLUMNS, "recurrent_kernel": COLUMNS, "bias": FLOATS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("units", self.units, MAX_UNITS)
        if (self.direction == "bidirectional") != (self.merge != "none"):
            raise FormatError(f"a {self.direction} layer with merge {self.merge!r}: only bidirectional layers merge")
        if self.cell != "gru" and self.reset_after:
            raise FormatError(f"{self.cell} with reset_after: only a GRU has it")
        if self.cell == "rnn" and self.recurrent_activation != "linear":
            raise FormatError(f"rnn with recurrent_activation {self.recurrent_activation!r}, expected linear")
        if self.cell != "lstm" and self.returns == "cell":
            raise FormatError(f"{self.cell} returns its cell: only an LSTM has one")

    @property
    def gates(self) -> int:
        """The number of gates."""
        return GATES[self.cell]

    @property
    def passes(self) -> tuple[str, ...]:
        """The directions in which the layer runs: ``forward``, ``backward``, or both."""
        return ("forward", "backward") if self.direction == "bidirectional" else (self.direction,)

    @property
    def output_width(self) -> int:
        """The number of features of a step of the output."""
        return 2 * self.units if self.merge == "concat" else self.units

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        states = 2 if self.cell == "lstm" else 1
        if len(inputs) not in (1, 1 + states) or (len(inputs) > 1 and self.direction == "bidirectional"):
            raise FormatError(
                f"{len(inputs)} inputs, expected steps, and in one direction perhaps {states} initial states"
            )
        if inputs[0].kind != "steps":
            raise FormatError(f"reads {inputs[0]}, expected steps")
        for state in inputs[1:]:
            if state != vector_of(self.units):
                raise FormatError(f"an initial state {state}, expected {vector_of(self.units)}")
        return (
            steps_of(inputs[0].length, self.output_width) if self.returns == "steps" else vector_of(self.output_width)
        )

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        width = self.gates * self.units
        shapes: dict[str, tuple[int, ...]] = {}
        for direction in self.passes:
            shapes[f"{direction}.kernel"] = (inputs[0].width, width)
            shapes[f"{direction}.recurrent_kernel"] = (self.units, width)
            shapes[f"{direction}.bias"] = (2, width) if self.reset_after else (width,)
        return shapes

    def laid_out(self, inputs: Sequence[ValueType]) -> int:
        rows = inputs[0].width + self.units + 2  # two biases
        return rows * self.gates * padded(self.units) * len(self.passes)

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        each = (inputs[0].width + self.units) * self.gates * self.units
        return each * len(self.passes) * inputs[0].steps_in(tokens)

    def summary(self) -> str:
        kind = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}[self.cell]
        both = self.direction if self.merge == "none" else f"{self.direction} {self.merge}"
        way = "" if both == "forward" else f", {both}"
        return f"{kind}({self.units}{way})"
