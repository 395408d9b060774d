"""The layers of a Keras model, in the order in which a text passes through them, with nested models unpacked.

The wiring of a functional model is read from its configuration, which lists every call of a layer with its arguments, model
by model. The tensors that a layer object remembers are not enough: they are those of its first call, in any model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.reading.keras_config import MODELS


@dataclass(frozen=True)
class ChainedLayer:
    """A layer, and whether its call gets a mask.

    ``has_mask`` is None where the configuration does not say it: in a Sequential model, where every layer after an Embedding
    with ``mask_zero`` gets a mask, inside a nested model, which passes its mask on, and after a nested model.
    """

    layer: Any
    has_mask: bool | None


def layer_chain(model: Any, where: str) -> list[ChainedLayer]:
    """Every layer of a model except input layers. Raises ModelError that names the layer, unless they are a chain."""
    chain = list(_opened(model, where, False if _is_functional(model) else None))
    if len(chain) != len({id(link.layer) for link in chain}):
        raise ModelError(f"{where}: a layer is used twice; expected a plain chain of layers, each used once")
    return chain


def input_length(model: Any) -> int | None:
    """The fixed number of ids in the input of a model, or of a model nested at its start; None when it is not fixed."""
    tensor = model.inputs[0]
    if tensor.dtype != "string" and len(tensor.shape) == 2 and tensor.shape[1] is not None:
        return int(tensor.shape[1])
    first = next((layer for layer in model.layers if type(layer).__name__ != "InputLayer"), None)
    return input_length(first) if type(first).__name__ in MODELS else None


def _is_functional(model: Any) -> bool:
    return type(model).__name__ == "Functional"


def _opened(model: Any, where: str, given: bool | None) -> Iterator[ChainedLayer]:
    """The layers of a model. ``given`` is the value of ``has_mask`` for a layer whose call does not name a mask."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(f"{where}: {len(model.inputs)} inputs and {len(model.outputs)} outputs, expected one of each")
    calls = (
        {layer["name"]: layer["inbound_nodes"] for layer in model.get_config()["layers"]}
        if _is_functional(model)
        else {}
    )
    before = None
    for layer in model.layers:
        kind = type(layer).__name__
        has_mask = given
        if kind != "InputLayer" and _is_functional(model):
            has_mask = _is_given_a_mask(calls[layer.name], before, f"{where}: layer {layer.name!r} ({kind})") or given
        before = layer.name
        if kind in MODELS:
            yield from _opened(layer, where, has_mask or None)
            given = None
        elif kind != "InputLayer":
            yield ChainedLayer(layer, has_mask)
    if calls:
        _check_masks(model, where)
        ends = model.get_config()["output_layers"]
        end = ends[0] if ends and isinstance(ends[0], list) else ends
        if end[0] != before:
            raise ModelError(
                f"{where}: ends in {end[0]!r}, expected its last layer, {before!r}; build it without the operation"
            )


def _check_masks(model: Any, where: str) -> None:
    """Raises ModelError unless every mask in a functional model is ``ids != 0``."""
    layers = {layer["name"]: layer for layer in model.get_config()["layers"]}
    for layer in layers.values():
        for call in layer["inbound_nodes"]:
            if not _is_mask(call["kwargs"].get("mask")):
                continue
            mask = layers[_source(call["kwargs"]["mask"])]
            node = mask["inbound_nodes"][0]["args"] if mask["inbound_nodes"] else []
            ids = layers.get(_source(node[0])) if node else None
            if ids is not None and ids["class_name"] in MODELS:
                continue
            known = ids is not None and ids["class_name"] in ("InputLayer", "TextVectorization")
            if mask["class_name"] not in (*MODELS, "InputLayer") and not (
                mask["class_name"] == "NotEqual" and known and list(node[1:]) == [0]
            ):
                raise ModelError(
                    f"{where}: layer {layer['name']!r} gets the mask {mask['name']!r} ({mask['class_name']}), expected ids != 0"
                )


def _is_given_a_mask(calls: list[Mapping[str, Any]], before: str | None, layer: str) -> bool:
    """True when the call of a layer names a mask.

    Raises ModelError unless there is one call, and its argument is the output of the layer ``before``.
    """
    if len(calls) != 1:
        raise ModelError(f"{layer} is used more than once; expected a plain chain of layers, each used once")
    arguments = {f"argument {place}": value for place, value in enumerate(calls[0]["args"])} | calls[0]["kwargs"]
    first, *others = arguments
    read = arguments[first]
    branches = isinstance(read, list) and len(read) != 1
    branches |= any(_source(arguments[name]) is not None and not _is_mask(arguments[name]) for name in others)
    if branches or _source(read) != before:
        raise ModelError(f"{layer} does not read the layer before it; expected a chain without branches")
    for name in others:
        if arguments[name] not in (None, False) and not _is_mask(arguments[name]):
            raise ModelError(f"{layer} is called with {name}; expected only the output of the layer before it")
    return any(_is_mask(arguments[name]) for name in others)


def _source(value: Any) -> str | None:
    """The name of the layer that an argument of a call comes from, None for a constant. For a list, the first such name."""
    if isinstance(value, list):
        return next((name for name in map(_source, value) if name is not None), None)
    if not isinstance(value, dict) or value.get("class_name") != "__keras_tensor__":
        return None
    return str(value["config"]["keras_history"][0])


def _is_mask(value: Any) -> bool:
    return _source(value) is not None and isinstance(value, dict) and value["config"]["dtype"] == "bool"
