"""The calls of a layer in the configuration of a functional model, of Keras 1 and 2 (lists) and of Keras 3 (objects)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from drupelet_export.errors import ModelError
from drupelet_export.reading.canonical_config import Call, TensorRef
from drupelet_export.reading.plain_config import plain, shown, unwrapped

CONSTANT = "_CONSTANT_VALUE"
"""The name of a layer under which Keras 2 stores a constant."""
MAX_CALLS = 10_000
"""Maximum calls of one layer."""
MAX_INDEX = 1 << 20
"""Maximum place of a call or of an output."""
_TRAINING = "training"


def calls_of(nodes: Any, names: Collection[str], where: str) -> tuple[Call, ...]:
    """The calls that ``inbound_nodes`` lists. ``names`` are those of the layers of the model. Raises ModelError."""
    if nodes is None:
        return ()
    if not isinstance(nodes, list) or len(nodes) > MAX_CALLS:
        raise ModelError(
            f"{where}: its calls are {shown(nodes)}, expected a list of at most {MAX_CALLS}; save the model again"
        )
    return tuple(
        _call_of_keras_3(node, where) if isinstance(node, dict) else _call_of_keras_2(node, names, where)
        for node in nodes
    )


def ref_of(value: Any, where: str) -> TensorRef:
    """The output that ``[layer, call, output]`` names. Raises ModelError."""
    if (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(isinstance(place, int) and 0 <= place < MAX_INDEX for place in value[1:])
    ):
        return TensorRef(value[0], int(value[1]), int(value[2]))
    raise ModelError(
        f"{where}: reads {shown(value)}, expected the name of a layer and two places; save the model again"
    )


def refs_of(value: Any, where: str) -> Any:
    """The inputs or outputs of a model, nested as the file nests them."""
    if isinstance(value, dict):
        return {str(key): refs_of(item, where) for key, item in value.items()}
    if isinstance(value, list) and not (value and isinstance(value[0], str)):
        return [refs_of(item, where) for item in value]
    return ref_of(value, where)


def _call_of_keras_3(node: dict[str, Any], where: str) -> Call:
    args, kwargs = node.get("args"), node.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise ModelError(f"{where}: its call has no arguments; save the model again")
    return Call(
        tuple(_argument(value, where) for value in args),
        {str(key): _argument(value, where) for key, value in kwargs.items() if key != _TRAINING},
    )


def _argument(value: Any, where: str) -> Any:
    if isinstance(value, list):
        return [_argument(item, where) for item in value]
    if not isinstance(value, dict):
        return plain(value, f"{where}: an argument of its call")
    name, config = value.get("class_name"), value.get("config")
    if name == "__keras_tensor__" and isinstance(config, dict):
        return ref_of(config.get("keras_history"), where)
    if name == "__tuple__":
        items = value.get("items", config)
        if isinstance(items, list):
            return tuple(_argument(item, where) for item in items)
    if name in ("__slice__", "slice") and isinstance(config, dict):
        return _slice(config, where)
    if name == "__ellipsis__":
        return ...
    if name in ("__numpy__", "__tensor__") and isinstance(config, dict):
        return constant_array(plain(config.get("value"), f"{where}: an argument of its call"), where)
    if "class_name" not in value:
        return {str(key): _argument(item, where) for key, item in value.items()}
    return plain(value, f"{where}: an argument of its call")


def constant_array(value: Any, where: str) -> Any:
    """The array of a constant: float32 [...], or int32 or bool where every number is whole or true or false."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ModelError(f"{where}: reads a constant whose rows differ in length; save the model again") from error
    kinds = {"f": np.float32, "i": np.int32, "b": np.bool_}
    if array.dtype.kind not in kinds:
        raise ModelError(f"{where}: reads a constant of {array.dtype}, expected numbers; save the model again")
    return array.astype(kinds[array.dtype.kind])


def _slice(config: dict[str, Any], where: str) -> slice:
    start, stop, step = (plain(config.get(key), f"{where}: {key} of a slice") for key in ("start", "stop", "step"))
    if not all(part is None or (isinstance(part, int) and not isinstance(part, bool)) for part in (start, stop, step)):
        raise ModelError(
            f"{where}: a slice reads {config!r:.100}, expected numbers that are fixed; save the model again"
        )
    return slice(start, stop, step)


def _call_of_keras_2(node: Any, names: Collection[str], where: str) -> Call:
    """A call as Keras 1 and 2 list it: ``[layer, call, output, named arguments]``, or a list of such for several tensors."""
    if isinstance(node, list) and node and isinstance(node[0], str):
        entries = [node]
        is_one = True
    elif isinstance(node, list) and node and all(isinstance(entry, list) and entry for entry in node):
        entries = node
        is_one = len(node) == 1
    else:
        raise ModelError(f"{where}: its call is {shown(node)}, expected a list of layers; save the model again")
    tensors = [_entry(entry, names, where) for entry in entries]
    named = entries[0][3] if len(entries[0]) > 3 else {}
    if not isinstance(named, dict):
        raise ModelError(f"{where}: the named arguments of its call are {shown(named)}, expected an object")
    kwargs = {str(key): _named(value, names, where) for key, value in named.items() if key != _TRAINING}
    return Call((tensors[0] if is_one else tensors,), kwargs)


def _entry(entry: list[Any], names: Collection[str], where: str) -> Any:
    if len(entry) >= 3 and entry[0] == CONSTANT:
        return plain(entry[2], f"{where}: a constant of its call")
    if len(entry) < 3 or not isinstance(entry[0], str) or entry[0] not in names:
        raise ModelError(f"{where}: reads {entry[0]!r:.60}, which is no layer of the model; save the model again")
    return ref_of(entry[:3], where)


def _named(value: Any, names: Collection[str], where: str) -> Any:
    value = unwrapped(value)
    if isinstance(value, list):
        if len(value) in (3, 4) and isinstance(value[0], str) and (value[0] == CONSTANT or value[0] in names):
            return _entry(value, names, where)
        return [_named(item, names, where) for item in value]
    if isinstance(value, dict):
        if set(value) == {"start", "stop", "step"}:
            return _slice(value, where)
        if value.get("class_name") in ("__ellipsis__", "Ellipsis") or value.get("type") == "ellipsis":
            return ...
    return plain(value, f"{where}: an argument of its call")
