"""The canonical configuration of a model: what every file of Keras is translated into, and the only thing that is built.

It holds plain values, names of activations and names of classes that :mod:`.layer_classes` lists. It has no initializers,
regularizers, constraints and types of numbers: they do not change an answer that is computed in float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TensorRef:
    """An output of a call of a layer: the name of the layer in the file, and the places of its call and of the output."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True)
class ActivationName:
    """An activation of Keras, by its name; ``hard_sigmoid_keras2`` is that of Keras 1 and 2."""

    name: str


@dataclass(frozen=True)
class Call:
    """A call of a layer: plain values, slices, ``...``, and TensorRefs, also inside lists, tuples and dicts."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def refs(self) -> Iterator[TensorRef]:
        """Every output that the call reads."""
        yield from _refs([*self.args, *self.kwargs.values()])


@dataclass(frozen=True)
class CanonicalLayer:
    """A layer, an operation or a nested model.

    ``name`` is that in the file, ``options`` are the arguments of its constructor: plain values, an ActivationName, a
    CanonicalLayer, or a list of them. ``stored_class`` is the class in the file, which may differ: ``CuDNNLSTM``.
    ``where`` begins the sentences about it. ``replacement`` is the NAME under which the user gave a body for it: then
    the option ``config`` is its configuration in the file, as it is. ``joins_masks``: a step of its output is masked where one
    of its inputs has a mask that masks it, as a merge of Keras 1 and 2 does; one of Keras 3 is masked only where all are.
    """

    name: str
    class_name: str
    stored_class: str
    options: Mapping[str, Any]
    where: str
    is_operation: bool = False
    model: CanonicalModel | None = None
    calls: tuple[Call, ...] = ()
    zero_output_for_mask: bool | None = None
    replacement: str | None = None
    joins_masks: bool = False


@dataclass(frozen=True)
class CanonicalModel:
    """A model: ``Sequential`` (a chain, without calls) or ``Functional`` (inputs and outputs as the file nests them)."""

    name: str
    kind: str
    layers: tuple[CanonicalLayer, ...]
    where: str
    inputs: Any = field(default=None)
    outputs: Any = field(default=None)
    trainable: bool = True

    def leaves(self) -> Iterator[CanonicalLayer]:
        """Every layer that is not a model, with those of nested models, in the order of the file."""
        for layer in self.layers:
            if layer.model is not None:
                yield from layer.model.leaves()
            else:
                yield layer


def mapped_refs(value: Any, function: Any) -> Any:
    """A value with every TensorRef inside lists, tuples and dicts replaced by what the function gives for it."""
    if isinstance(value, TensorRef):
        return function(value)
    if isinstance(value, (list, tuple)):
        return type(value)(mapped_refs(item, function) for item in value)
    if isinstance(value, dict):
        return {key: mapped_refs(item, function) for key, item in value.items()}
    return value


def _refs(value: Any) -> Iterator[TensorRef]:
    if isinstance(value, TensorRef):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _refs(item)
