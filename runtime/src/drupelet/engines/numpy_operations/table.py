"""The numpy function of each operation by name. Modules are imported when a network needs them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Function = Callable[[Any, Sequence[Array], Mapping[str, Array], int], Array]

FUNCTIONS = {
    "embedding": "look_up",
    "recurrent": "run_layer",
    "dense": "multiply",
    "activation": "activate",
    "prelu": "activate_with_slopes",
    "softmax": "softmax",
    "convolution": "convolve",
    "window_pool": "pool_windows",
    "reduce": "reduce_steps",
    "merge": "merge",
    "scale_shift": "scale_and_shift",
    "normalization": "normalize",
    "attention": "attend",
    "dot": "multiply_values",
    "reshape": "reshape",
    "transpose": "transpose",
    "repeat": "repeat_steps",
    "window": "take_window",
    "reverse": "reverse_steps",
    "restore": "restore_padding",
    "strip": "strip_padding",
}
"""The function of each operation of :data:`drupelet.operations.table.OPERATIONS`, in the module of the operation's name.

A function takes the operation; its inputs: ids (length,) int32, steps (length, width) and vectors (width,) float32; its
tensors by role, float32 except a table, which is as the file stores it; and the number of tokens of the text. It gives steps
or a vector.
"""


def function_of(name: str) -> Function:
    """The numpy function of an operation."""
    found: Function = getattr(import_module(f"drupelet.engines.numpy_operations.{name}"), FUNCTIONS[name])
    return found
