"""All operations by name. Modules are imported when a network needs them: a start costs what the network has."""

from __future__ import annotations

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.operations.operation import Operation

OPERATIONS = {
    "embedding": "Embedding",
    "recurrent": "Recurrent",
    "dense": "Dense",
    "activation": "Activation",
    "prelu": "PRelu",
    "softmax": "Softmax",
    "convolution": "Convolution",
    "window_pool": "WindowPool",
    "reduce": "Reduce",
    "merge": "Merge",
    "scale_shift": "ScaleShift",
    "normalization": "Normalization",
    "attention": "Attention",
    "dot": "Dot",
    "reshape": "Reshape",
    "transpose": "Transpose",
    "repeat": "Repeat",
    "window": "Window",
    "reverse": "Reverse",
    "restore": "Restore",
    "strip": "Strip",
}
"""The class of each operation, in the module of the operation's name. The place of a name is its code in a model file."""


def operation_class(name: str) -> type[Operation]:
    """The class of an operation. Raises FormatError for a name that this release does not know."""
    if name not in OPERATIONS:
        raise FormatError(f"an operation {name!r}, this release knows {', '.join(OPERATIONS)}; upgrade drupelet")
    # importlib.import_module would import importlib and warnings, which the first answer does not need.
    module = __import__(f"drupelet.operations.{name}", fromlist=[OPERATIONS[name]])
    found: type[Operation] = getattr(module, OPERATIONS[name])
    return found
