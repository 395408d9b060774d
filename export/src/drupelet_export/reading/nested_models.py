"""Keras models as graphs of layers, with the models that are nested in them."""

from __future__ import annotations

from typing import Any

from drupelet_export.errors import ModelError

MAX_LAYERS = 10_000
"""Most layers of a model, nested ones included. Most of the largest text classifiers are dropouts, which become no node."""
MAX_DEPTH = 32
"""Most models that are nested in each other. A model in a model in a model is common; Python's stack ends at some hundreds."""


def function_of(model: Any) -> Any:
    """The graph of a Sequential or Functional model; None for anything else."""
    import keras
    from keras.src.models.functional import Functional

    if type(model) is keras.Sequential:
        return model._functional
    return model if type(model) in (Functional, keras.Model) and hasattr(model, "_run_through_graph") else None


def operations_of(model: Any, where: str) -> list[Any]:
    """All layers and operations, those of nested models included. Raises ModelError for too many, or too deep."""
    found: list[Any] = []
    seen: set[int] = set()
    open_models = [(model, 0)]
    while open_models:
        each, depth = open_models.pop()
        function = function_of(each)
        if function is None or id(each) in seen:
            continue
        seen.add(id(each))
        if depth >= MAX_DEPTH:
            raise ModelError(f"{where}: models nested more than {MAX_DEPTH} deep, expected fewer")
        operations = function.operations
        if len(found) + len(operations) > MAX_LAYERS:
            raise ModelError(f"{where}: {len(found) + len(operations)} layers, expected at most {MAX_LAYERS}")
        found += operations
        open_models += [(operation, depth + 1) for operation in operations]
    return found


def input_length(model: Any) -> int | None:
    """The fixed number of ids in the input of a model, or of a model nested at its start; None when it is not fixed."""
    for _ in range(MAX_DEPTH):
        tensor = model.inputs[0]
        if tensor.dtype != "string" and len(tensor.shape) == 2 and tensor.shape[1] is not None:
            return int(tensor.shape[1])
        first = next((layer for layer in model.layers if type(layer).__name__ != "InputLayer"), None)
        if function_of(first) is None:
            return None
        model = first
    return None


def text_vectorization(model: Any) -> Any:
    """The TextVectorization in a model or in one nested in it, None for none."""
    from keras import layers

    return next((each for each in operations_of(model, "model") if type(each) is layers.TextVectorization), None)


def masks_zero(model: Any) -> bool:
    """Whether an Embedding of a model has mask_zero=True, so that its owner keeps id 0 for the padding."""
    return any(bool(getattr(each, "mask_zero", False)) for each in operations_of(model, "model"))
