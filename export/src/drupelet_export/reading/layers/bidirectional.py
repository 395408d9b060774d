"""Bidirectional, with any merge mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drupelet.operations.merge import Merge
from drupelet_export.reading.layers.call import Call, Reader
from drupelet_export.reading.layers.recurrent import cells_of, check_masked, initial_states, one_direction
from drupelet_export.reading.layers.value import Value

MERGES = {"concat": "concat", "sum": "add", "ave": "average", "mul": "multiply"}


def _bidirectional(layer: Any, call: Call) -> Value | list[Value]:
    forward, backward = layer.forward_layer, layer.backward_layer
    if forward.go_backwards or not backward.go_backwards:
        call.refuse("has a forward layer that goes backwards, or a backward layer that does not")
    masked = call.masked()
    states = initial_states(call, call.argument("initial_state", 1))
    cells, backward_cells = cells_of(call, forward), cells_of(call, backward)
    for each in (forward, backward):
        check_masked(call, each, masked)
    same = (
        len(cells) == len(backward_cells) == 1
        and cells[0].operation("forward", "last") == backward_cells[0].operation("forward", "last")
        and forward.zero_output_for_mask == backward.zero_output_for_mask
    )
    if same and layer.merge_mode and not layer.return_state and not states:
        returns = "steps" if layer.return_sequences else "last"
        return call.add(
            cells[0].operation("bidirectional", returns, layer.merge_mode),
            [call.value],
            {**cells[0].weights("forward"), **backward_cells[0].weights("backward")},
            owner=(layer, "both"), masked=masked,
            zero_output=masked and returns == "steps" and bool(forward.zero_output_for_mask),
        )  # fmt: skip
    half = len(states) // 2
    one, one_states = one_direction(call, forward, call.value, "forward", masked, states[:half])
    two, two_states = one_direction(call, backward, call.value, "backward", masked, states[half:])
    outputs = [call.add(Merge(MERGES[layer.merge_mode]), [one, two])] if layer.merge_mode else [one, two]
    found = [*outputs, *one_states, *two_states] if layer.return_state else outputs
    return found if len(found) > 1 else found[0]


def table() -> Mapping[type, Reader]:
    """The functions by class."""
    from keras import layers

    return {layers.Bidirectional: _bidirectional}
