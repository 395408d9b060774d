"""An ONNX graph under construction, and what its operations share: constants, kernels, masks of the texts' ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from drupelet.operations.value_type import ValueType
from drupelet_export.model.quantized import Quantized, Tensor, kind_of

LEAST = np.finfo(np.float32).min
"""What masked steps count as in a maximum and in a softmax."""


@dataclass(frozen=True)
class Call:
    """A node of the network to write.

    ``inputs``: names of the values that it reads, with their ``types``; ``result``: the type of its output. ``output``: the
    name that its last ONNX node must give. ``weights``: its tensors by role. ``prefix``: what the names of its constants begin
    with; nodes that share weights have one prefix.
    """

    inputs: Sequence[str]
    types: Sequence[ValueType]
    result: ValueType
    output: str
    weights: Mapping[str, Tensor]
    prefix: str


class OnnxGraph:
    """Nodes and constants. ``padded``: every text has ``max_tokens`` ids, and there are no lengths."""

    def __init__(self, padded: bool) -> None:
        self.padded = padded
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.zero_ended: set[str] = set()
        """Steps that are zeros behind the end of a text."""
        self._named: set[str] = set()

    def add(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Adds a node with one output, unless one of that output is there already. Returns the output's name."""
        if output not in self._named:
            self.nodes.append(helper.make_node(op, list(inputs), [output], name=output, **attributes))
            self._named.add(output)
        return output

    def add_many(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:
        """Adds a node with several outputs."""
        name = attributes.pop("name", outputs[0])
        self.nodes.append(helper.make_node(op, list(inputs), list(outputs), name=name, **attributes))

    def constant(self, name: str, value: Any) -> str:
        """Adds a constant, unless there is one of that name already. Returns the name."""
        if name not in self._named:
            self.initializers.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
            self._named.add(name)
        return name

    def integers(self, *numbers: int) -> str:
        """The name of an int64 constant (n,)."""
        return self.constant(f"int_{'_'.join(map(str, numbers))}", np.array(numbers, np.int64))

    def integer(self, number: int) -> str:
        """The name of an int64 constant ()."""
        return self.constant(f"long_{number}", np.array(number, np.int64))

    def number(self, value: float) -> str:
        """The name of a float32 constant ()."""
        return self.constant(f"number_{np.float32(value)!s}", np.array(value, np.float32))

    def to_float(self, value: str, output: str) -> str:
        """A value as float32."""
        return self.add("Cast", [value], output, to=TensorProto.FLOAT)

    def kernel(self, name: str, kernels: Sequence[Tensor], stacked: bool = False) -> str:
        """One float32 value from kernels (inputs, outputs): a single kernel as it is, or several ``stacked`` to
        (kernels, outputs, inputs)."""

        def stack(arrays: Sequence[Any]) -> Any:
            return np.stack([array.T for array in arrays]) if stacked else arrays[0]

        integers = [kernel for kernel in kernels if isinstance(kernel, Quantized)]
        if not integers:
            stored = self.constant(name, stack(kernels))
            return stored if kind_of(kernels[0]) == "float32" else self.to_float(stored, f"{name}.float")
        # Not DequantizeLinear: onnxruntime fuses one before a Gemm into a product with int8 activations (0.003 off), and
        # runs one before an LSTM for every text. It computes a Cast and a Mul of constants once, when it loads the file.
        scales = np.stack([kernel.scales[:, None] if stacked else kernel.scales for kernel in integers])
        values = self.to_float(self.constant(name, stack([kernel.values for kernel in integers])), f"{name}.values")
        return self.add("Mul", [values, self.constant(f"{name}.scale", scales)], f"{name}.float")

    def lengths(self) -> str:
        """The number of tokens of each text, (texts,) int64."""
        return self.add("Cast", ["lengths"], "lengths_long", to=TensorProto.INT64)

    def time(self) -> str:
        """The number of tokens of the longest text of the batch, () int64."""
        shape = self.add("Shape", ["ids_by_time"], "ids_shape")
        return self.add("Gather", [shape, self.integer(0)], "time", axis=0)

    def times(self) -> str:
        """The places of the steps, (time, 1) int64."""
        times = self.add("Range", [self.integer(0), self.time(), self.integer(1)], "times")
        return self.add("Unsqueeze", [times, self.integers(1)], "times_column")

    def inside(self) -> str:
        """(time, texts) bool, true for the steps of a text."""
        return self.add("Less", [self.times(), self.lengths()], "inside")

    def inside_steps(self) -> str:
        """(time, texts, 1) bool, true for the steps of a text."""
        return self.add("Unsqueeze", [self.inside(), self.integers(2)], "inside_steps")

    def visible(self, steps: str, otherwise: float) -> str:
        """Steps (time, texts, width) with a number in place of those behind the end of a text."""
        if otherwise == 0 and steps in self.zero_ended:
            return steps
        return self.add(
            "Where", [self.inside_steps(), steps, self.number(otherwise)], f"{steps}.visible_{otherwise:.0e}"
        )

    def batch_first(self, steps: str) -> str:
        """(time, texts, width) -> (texts, time, width)."""
        return self.add("Transpose", [steps], f"{steps}.by_text", perm=[1, 0, 2])
