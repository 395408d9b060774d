"""Descriptions with other tensors, for tests that spoil a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.quantized import Tensor, values_of

TABLE = "embedding.0.table"
"""The name of the table in a network that begins with its embedding."""


def table_of(model: ModelDescription) -> Any:
    """The table of a network that begins with its embedding, (rows, dim)."""
    return model.tensors[TABLE]


def with_tensor(model: ModelDescription, name: str, tensor: Tensor) -> ModelDescription:
    """The model with another tensor of that name."""
    if name not in model.tensors:
        raise KeyError(name)
    return replace(model, tensors={**model.tensors, name: tensor})


def changed(model: ModelDescription, name: str, change: Callable[[Any], Any]) -> ModelDescription:
    """The model with the floats of that tensor changed."""
    return with_tensor(model, name, frozen(change(values_of(model.tensors[name]).copy())))


def last(model: ModelDescription, role: str) -> str:
    """The name of the last tensor of a role: ``bias`` of the head, ``kernel``."""
    return [name for name in model.tensors if name.endswith(f".{role}")][-1]
