"""The names by which ``--replace NAME=FILE.py:function`` finds a layer of a model: its own, or that of its class."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from drupelet.errors import closest_match
from drupelet_export.errors import ModelError
from drupelet_export.reading.layer_classes import LAYERS, MODELS, OPERATIONS, is_of_keras
from drupelet_export.reading.tensorflow_operations import TENSORFLOW_CLASSES

OPTION = "--replace"
_INSIDE = ("layer", "backward_layer", "cell")
_MAX_NAMES_SHOWN = 10


def names_of(layer: Any) -> tuple[str, ...]:
    """The names that a layer goes by: its own, then that of its class. An input layer and a model have none."""
    if not isinstance(layer, dict) or layer.get("class_name") in ("InputLayer", *MODELS):
        return ()
    config = layer.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    own = layer.get("name") or inner
    return (*([own] if isinstance(own, str) else ()), plain_name(str(layer.get("class_name"))))


def plain_name(class_name: str) -> str:
    """The name of a class without the package of its registration: ``Block`` of ``mine>Block``."""
    return class_name.rpartition(">")[2]


def give_body(layer: Mapping[str, Any]) -> str:
    """The way out for a layer whose class is not known, as the end of a sentence."""
    *own, class_name = names_of(layer) or ("NAME",)
    name = own[0] if own and class_name in LAYERS | {"Lambda"} else class_name
    return (
        f"give its body: {OPTION} {name:.60}=FILE.py:function, a function of your own that gets the layer's configuration and "
        "returns a layer made of Keras's layers and keras.ops, or a function of the layer's inputs"
    )


def check_names(replaced: Collection[str], model: Mapping[str, Any], path: str, is_read: Callable[[str], bool]) -> None:
    """Raises ModelError for a name that no layer of the model has; it lists the layers that are not Keras's.

    ``is_read``: whether layers of a class need no body.
    """
    if not replaced:
        return
    layers = list(_layers(model))
    known = {name for layer in layers for name in names_of(layer)}
    for name in replaced:
        if name not in known:
            unknown = [layer for layer in layers if not _is_of_keras(layer, is_read)]
            shown = [f"{names_of(layer)[0]!r:.60} ({names_of(layer)[-1]:.60})" for layer in unknown[:_MAX_NAMES_SHOWN]]
            more = f" and {len(unknown) - len(shown)} more" if len(unknown) > len(shown) else ""
            raise ModelError(
                f"{path}: {OPTION} {name!r:.60}: no layer of the model has this name, nor a class of this name"
                f"{closest_match(name, known)}; layers that are not Keras's: {', '.join(shown) or 'none'}{more}"
            )


def _is_of_keras(layer: Mapping[str, Any], is_read: Callable[[str], bool]) -> bool:
    name = str(layer.get("class_name"))
    if not names_of(layer):
        return True
    if not is_of_keras(layer.get("module")) or layer.get("registered_name") not in (None, name):
        return False
    return is_read(name) or name in OPERATIONS or name in TENSORFLOW_CLASSES


def _layers(model: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every layer, with those of nested models and those inside another layer. The depth was checked before."""
    config = model.get("config")
    listed = config.get("layers") if isinstance(config, dict) else config
    for layer in listed if isinstance(listed, list) else ():
        if not isinstance(layer, dict):
            continue
        if layer.get("class_name") in MODELS:
            yield from _layers(layer)
            continue
        yield layer
        inner = layer.get("config")
        if isinstance(inner, dict):
            yield from (inner[key] for key in _INSIDE if isinstance(inner.get(key), dict))
