"""A call of a Keras layer, as the functions that translate layers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from drupelet.errors import FormatError
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.operation import Operation
from drupelet.operations.prelu import PRelu
from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.value_type import ValueType
from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelNode
from drupelet_export.reading.layers.network import Network, zeros
from drupelet_export.reading.layers.value import Value

Reader = Callable[[Any, "Call"], "Value | Sequence[Value]"]


@dataclass(frozen=True)
class Call:
    """One call of a layer, or of an operation of keras.ops.

    ``args`` and ``kwargs`` are those of the call, with a Value for each tensor that depends on the ids, and an array for any
    other. ``masks``: the masks that the layer itself receives, by the name of its argument: ``ids`` for ``ids != 0``,
    ``foreign`` for any other one, None for none; a list where the layer gets a list. ``where``: the place of the layer for
    errors. ``name``: of the layer. ``readers``: the functions by class. ``shape``: of the first output that Keras gave for the
    texts of the walk. ``found_mask``: the layout of an output that is a mask. ``input_masks``: those that ``values``
    carry, which some layers look at.
    """

    network: Network
    where: str
    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Any] = field(default_factory=dict)
    readers: Mapping[type, Reader] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    found_mask: str | None = None
    input_masks: tuple[str | None, ...] = ()

    def refuse(self, reason: str) -> NoReturn:
        """Raises ModelError with the place of the layer."""
        raise ModelError(f"{self.where}: {reason}")

    # What is read

    @property
    def values(self) -> list[Any]:
        """The arguments by place, with lists opened: values, arrays and numbers."""
        found: list[Any] = []
        for arg in self.args:
            found += arg if isinstance(arg, (list, tuple)) else [arg]
        return found

    @property
    def value(self) -> Value:
        """The first argument. Refuses one that does not depend on the ids."""
        first = self.values[0] if self.values else None
        if not isinstance(first, Value):
            self.refuse("reads a constant, expected something that depends on the ids of the text")
        return first

    def argument(self, name: str, place: int, default: Any = None) -> Any:
        """An argument by its name or its place."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[place] if place < len(self.args) else default

    def type(self, value: Value) -> ValueType:
        """The type of the value in the graph."""
        return self.network.types[value.number]

    def rank(self, value: Value) -> int:
        """The number of axes of Keras's tensor, the batch included."""
        if value.layout in ("image", "strip"):
            return 4
        if value.layout in ("single", "rows", "columns", "mask column"):
            return 3
        if value.layout in ("row", "mask", "zero mask", "foreign mask"):
            return 2
        return 3 if self.type(value).kind == "steps" else 2

    def node(self, number: int) -> ModelNode | None:
        """The node that defines a value, None for the ids."""
        return self.network.builder.nodes[number - 1] if number else None

    def axis(self, axis: Any, value: Value) -> str:
        """``batch``, ``steps`` or ``features``, of a tensor that is laid out plainly; a vector has features only."""
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        rank = self.rank(value)
        if len(axes) != 1 or not isinstance(axes[0], (int, np.integer)) or not -rank <= axes[0] < rank:
            self.refuse(f"works along axis {axis!r}, expected one axis")
        place = axes[0] % rank
        if place == rank - 1:
            return "features"
        if place == 2:
            self.refuse(f"works along axis {axis!r} of four, which is not supported")
        return "batch" if place == 0 else "steps"

    def masked(self, argument: str = "mask", place: int | None = None) -> bool:
        """Whether the layer gets the mask ``ids != 0``. Refuses any other mask."""
        mask = self.masks.get(argument)
        if isinstance(mask, (list, tuple)):
            mask = mask[place or 0] if (place or 0) < len(mask) else None
        if mask == "foreign":
            self.refuse("gets a mask other than that of the ids that are not 0, which is not supported")
        return mask == "ids"

    def carries_mask(self, place: int) -> bool:
        """Whether a value carries the mask ``ids != 0``. Refuses any other mask."""
        mask = self.input_masks[place] if place < len(self.input_masks) else None
        if mask == "foreign":
            self.refuse("reads steps with a mask other than that of the ids that are not 0, which is not supported")
        return mask == "ids"

    # What is written

    def add(
        self,
        operation: Operation,
        inputs: Sequence[Value | int],
        weights: Mapping[str, Any] | None = None,
        *,
        owner: tuple[Any, str] | None = None,
        masked: bool = False,
        zero_output: bool = False,
    ) -> Value:
        """Adds a node. Values must be laid out plainly, or be meant by their numbers."""
        numbers = [self.plain(each) if isinstance(each, Value) else each for each in inputs]
        try:
            number = self.network.add(
                operation, numbers, weights, owner=owner, layer=self.name, masked=masked, zero_output=zero_output
            )
        except FormatError as error:
            self.refuse(str(error))
        return Value(number)

    def numeric(self, value: Value) -> Value:
        """The value as numbers: a mask becomes ones and zeros, as a ``row`` or as steps of width 1."""
        if value.layout == "foreign mask":
            self.refuse("reads a mask other than that of the ids that are not 0, which is not supported")
        if value.layout not in ("mask", "mask column", "zero mask"):
            return value
        number = self.indicator()
        if value.layout == "zero mask":
            number = self.add(ScaleShift(), [number], {"scale": zeros(1) - 1, "shift": zeros(1) + 1}).number
        return Value(number, "plain" if value.layout == "mask column" else "row")

    def indicator(self) -> int:
        """The number of the steps (length, 1) that are 1 for a token and 0 for an id 0: rows of a table."""
        if self.network.indicator is None:
            tables = [node.operation for node in self.network.builder.nodes if node.operation.name == "embedding"]
            if not tables:
                self.refuse("uses a mask before any Embedding")
            rows = int(vars(tables[0])["rows"])
            table = np.ones((rows, 1), np.float32)
            table[0] = 0
            self.network.indicator = self.add(Embedding(rows, 1), [0], {"table": table}).number
        return self.network.indicator

    def plain(self, value: Value) -> int:
        """The number of a value that is laid out plainly."""
        value = self.numeric(value)
        kind = self.type(value)
        if value.layout == "plain":
            return value.number
        if value.layout in ("image", "strip"):
            self.refuse("reads an image, expected steps; a Flatten or Reshape to (steps, features) makes it one")
        if value.layout == "single":
            return self.add(Reshape(1, kind.width), [value.number]).number
        if value.layout == "columns":
            weights = {"kernel": np.ones((1, value.times), np.float32), "bias": zeros(value.times)}
            return self.add(Dense(value.times), [value.number], weights).number
        if kind.length is None:
            self.refuse("needs a fixed number of steps; give --max-tokens")
        vector = self.add(Reshape(None, kind.length), [value.number])
        return vector.number if value.layout == "row" else self.add(Repeat(value.times), [vector]).number

    def same(self, value: Value, add: Callable[[int], Value]) -> Value:
        """The result of a function of every number, laid out as its input."""
        value = self.numeric(value)
        return replace(value, number=add(value.number).number)

    def merge(self, function: str, values: Sequence[Value]) -> Value:
        """Values joined number by number, by the rules of broadcasting of numpy."""
        values = [self.numeric(value) for value in values]
        ranks = {self.rank(value) for value in values}
        if len(values) == 1:
            return values[0]
        if ranks == {2} and any(value.layout == "row" for value in values):
            others = [value for value in values if value.layout != "row"]
            if all(self.type(value).width == 1 for value in others):
                return replace(self.add(Merge(function), [value.number for value in values]), layout="row")
            return self.add(Merge(function), values)
        layouts = {value.layout for value in values}
        if layouts == {"single"}:
            return replace(self.add(Merge(function), [value.number for value in values]), layout="single")
        if layouts <= {"rows", "columns"}:
            if layouts == {values[0].layout} and len({value.times for value in values}) == 1:
                return replace(values[0], number=self.add(Merge(function), [value.number for value in values]).number)
        elif "rows" not in layouts:
            steps = [self.type(value) for value in values if value.layout == "plain" and self.rank(value) == 3]
            longest = max((kind.length or 0 for kind in steps), default=0)
            open_length = any(kind.length is None for kind in steps)
            widest = max((kind.width for kind in steps), default=1)
            numbers = []
            for value in values:
                kind = self.type(value)
                is_wide = value.layout == "columns" and value.times == widest and bool(steps)
                if is_wide or value.layout == "single":
                    numbers.append(value.number)
                elif kind.kind == "steps" and kind.length == 1 and (open_length or longest > 1):
                    numbers.append(self.add(Reshape(None, kind.width), [self.plain(value)]).number)
                else:
                    numbers.append(self.plain(value))
            return self.add(Merge(function), numbers)
        return self.add(Merge(function), values)

    def scaled(self, value: Value, scale: Any, shift: Any) -> Value:
        """x scale + shift, with numbers, or arrays (width,)."""

        def affine(number: int) -> Value:
            width = self.network.types[number].width
            try:
                weights = {
                    role: np.broadcast_to(np.asarray(array, np.float32), (width,))
                    for role, array in (("scale", scale), ("shift", shift))
                }
            except ValueError:
                self.refuse(
                    f"works with constants of shape {np.shape(scale)} and {np.shape(shift)}, expected "
                    f"one number for each of {width} features"
                )
            return self.add(ScaleShift(), [number], weights)

        if value.layout in ("row", "rows", "columns") and (np.size(scale) != 1 or np.size(shift) != 1):
            value = Value(self.plain(value))
        return self.same(value, affine)

    def constant_steps(self, like: Value, array: Any) -> Value:
        """Steps that are the same for every text: an array (length, width), such as the positions of a transformer.

        They are a PReLU of -1 with the array's negative as its slopes.
        """
        number = self.plain(like)
        width = self.network.types[number].width
        length = self.network.types[number].length
        if length is None:
            self.refuse("works with a constant for each step; give --max-tokens and --padding")
        held = np.asarray(array, np.float32)
        held = np.broadcast_to(held, (length, width))
        minus = self.add(ScaleShift(), [number], {"scale": zeros(width), "shift": zeros(width) - 1})
        return self.add(PRelu(True), [minus], {"slope": -held})

    def apply(self, layer: Any, value: Value) -> Value:
        """What another layer, inside this one, makes of a value. It gets no mask."""
        reader = self.readers.get(type(layer))
        if reader is None:
            self.refuse(f"holds a {type(layer).__name__}, which is not supported")
        result = reader(layer, replace(self, args=(value,), kwargs={}, masks={}))
        if not isinstance(result, Value):
            self.refuse(f"holds a {type(layer).__name__} with several outputs, expected one")
        return result
