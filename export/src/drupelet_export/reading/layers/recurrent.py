"""LSTM, GRU, SimpleRNN, and RNN over cells of these kinds, in one direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.reverse import Reverse
from drupelet_export.reading.layers.activation import recurrent_activation
from drupelet_export.reading.layers.arrays import array_of
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.value import Value

STATES = {"lstm": 2, "gru": 1, "rnn": 1}


@dataclass(frozen=True)
class Cell:
    """A cell of Keras: its kind, and its attributes in the graph."""

    source: Any
    kind: str
    activation: str
    recurrent_activation: str
    reset_after: bool

    @property
    def units(self) -> int:
        """The number of units."""
        return int(self.source.units)

    def weights(self, direction: str) -> dict[str, Any]:
        """The tensors of one direction by role."""
        kernel = array_of(self.source.kernel)
        shape = (2, kernel.shape[1]) if self.reset_after else (kernel.shape[1],)
        bias = np.zeros(shape) if self.source.bias is None else array_of(self.source.bias)
        recurrent_kernel = array_of(self.source.recurrent_kernel)
        return {
            f"{direction}.kernel": kernel,
            f"{direction}.recurrent_kernel": recurrent_kernel,
            f"{direction}.bias": bias,
        }

    def operation(self, direction: str, returns: str, merge: str = "none") -> Recurrent:
        """The operation of a layer of this cell."""
        return Recurrent(
            self.kind,
            direction,
            merge,
            self.units,
            self.activation,
            self.recurrent_activation,
            self.reset_after,
            returns,
        )


def cells_of(call: Call, layer: Any) -> list[Cell]:
    """The cells of a recurrent layer, the first one first. Refuses cells that are not Keras's own, and stateful layers."""
    from keras import layers

    if type(layer) not in (layers.LSTM, layers.GRU, layers.SimpleRNN, layers.RNN):
        call.refuse(f"wraps a {type(layer).__name__}, expected LSTM, GRU or SimpleRNN")
    if layer.stateful:
        call.refuse("has stateful=True: its answer would depend on earlier texts")
    cell = layer.cell
    return [_cell(call, each) for each in (cell.cells if type(cell) is layers.StackedRNNCells else [cell])]


def _cell(call: Call, cell: Any) -> Cell:
    from keras import layers

    kind = {layers.LSTMCell: "lstm", layers.GRUCell: "gru", layers.SimpleRNNCell: "rnn"}.get(type(cell))
    if kind is None:
        call.refuse(f"has a cell {type(cell).__name__}, expected LSTMCell, GRUCell or SimpleRNNCell")
    gate = "linear" if kind == "rnn" else recurrent_activation(call, cell.recurrent_activation)
    return Cell(cell, kind, recurrent_activation(call, cell.activation), gate, kind == "gru" and bool(cell.reset_after))


def check_masked(call: Call, layer: Any, masked: bool) -> None:
    """Refuses what Keras computes of a mask in a way that depends on the place of the padding alone."""
    if not masked or not layer.zero_output_for_mask:
        return
    if not layer.return_sequences:
        call.refuse("has zero_output_for_mask=True without return_sequences: its last output is then often zero")
    if layer.unroll and layer.go_backwards:
        call.refuse("reads masked steps backwards with unroll=True, where Keras mixes up the mask; set unroll=False")


def initial_states(call: Call, given: Any) -> list[Value]:
    """The initial states of a call; zeros are left out."""
    if given is None:
        return []
    states = list(given) if isinstance(given, (list, tuple)) else [given]
    if all(isinstance(state, Value) for state in states):
        return states
    if any(isinstance(state, Value) for state in states) or any(np.any(np.asarray(state)) for state in states):
        call.refuse("has an initial state that is a constant, expected zeros or the state of another layer")
    return []


def one_direction(
    call: Call, layer: Any, steps: Value, direction: str, masked: bool, states: Sequence[Value] = ()
) -> tuple[Value, list[Value]]:
    """The output of a layer in one direction, in the order of the text, and its last states (h, for an LSTM c too)."""
    *lower, cell = cells_of(call, layer)
    check_masked(call, layer, masked)
    zero_output = bool(layer.zero_output_for_mask) and masked
    if lower and states:
        call.refuse("gives an initial state to several cells, which is not supported")
    if len(states) not in (0, STATES[cell.kind]):
        call.refuse(f"has {len(states)} initial states, expected {STATES[cell.kind]}")

    def run(each: Cell, returns: str, read: Value, states: Sequence[Value] = ()) -> Value:
        return call.add(
            each.operation(direction, returns), [read, *states], each.weights(direction),
            owner=(each.source, direction), masked=masked, zero_output=zero_output and returns == "steps",
        )  # fmt: skip

    for each in lower:
        steps = run(each, "steps", steps)
    output = run(cell, "steps" if layer.return_sequences else "last", steps, states)
    last: list[Value] = []
    if layer.return_state:
        if lower:
            call.refuse("returns the states of several cells, which is not supported")
        if not layer.return_sequences:
            last = [output]
        elif masked:
            last = [run(cell, "last", steps, states)]
        else:
            last = [call.add(Reduce("last" if direction == "forward" else "first"), [output])]
        if cell.kind == "lstm":
            last.append(run(cell, "cell", steps, states))
    return output, last


def _recurrent(layer: Any, call: Call) -> Value | list[Value]:
    given = call.argument("initial_state", 1)
    if isinstance(call.args[0], (list, tuple)):
        given = list(call.args[0][1:])
    direction = "backward" if layer.go_backwards else "forward"
    output, last = one_direction(call, layer, call.value, direction, call.masked(), initial_states(call, given))
    if layer.go_backwards and layer.return_sequences:
        output = call.add(Reverse(), [output])
    return [output, *last] if last else output


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return dict.fromkeys((layers.LSTM, layers.GRU, layers.SimpleRNN, layers.RNN), _recurrent)
