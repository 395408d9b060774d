"""A convolution over steps: plain, grouped or depthwise."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import COLUMNS, FLOATS, Operation, fixed, only, padded, positive
from drupelet.operations.value_type import MAX_LENGTH, MAX_WIDTH, ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

FILTER_POINTS, FILTER_MIN_TAPS, FILTER_MAX_TAPS = 6, 2, 5
"""Matrices that the kernel makes of the taps of a short filter, and the fewest and the most taps of one."""


class Convolution(Operation):
    """steps (length, width) -> steps (output length, filters).

    ``left`` and ``right`` steps of zeros stand around the input. Output step t is the bias plus, over k and the features i of
    its group, x[t * stride + k * dilation, i] * kernel[k, i, filter]. Filter f belongs to group f // (filters / groups), which
    reads the features of its width / groups. Tensors: ``kernel`` (kernel_size * width / groups, filters), in which the first
    axis is (kernel_size, width / groups) in row-major order, and ``bias`` (filters,).
    """

    filters: int
    kernel_size: int
    stride: int
    dilation: int
    groups: int
    left: int
    right: int

    name = "convolution"
    storage = {"kernel": COLUMNS, "bias": FLOATS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("filters", self.filters, MAX_WIDTH)
        for attribute in ("kernel_size", "stride", "dilation", "groups"):
            positive(attribute, getattr(self, attribute), MAX_LENGTH)
        if self.filters % self.groups:
            raise FormatError(f"{self.filters} filters in {self.groups} groups, expected a multiple")
        if max(self.left, self.right) > MAX_LENGTH:
            raise FormatError(f"{max(self.left, self.right)} steps of zeros, expected at most {MAX_LENGTH}")

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        value = only(inputs, "steps")
        if value.width % self.groups:
            raise FormatError(f"reads {value.width} features in {self.groups} groups, expected a multiple")
        room = fixed(value) + self.left + self.right - (self.kernel_size - 1) * self.dilation - 1
        if room < 0:
            raise FormatError(
                f"reads {value}, fewer steps than the kernel spans: {(self.kernel_size - 1) * self.dilation + 1}"
            )
        return steps_of(room // self.stride + 1, self.filters)

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        return {
            "kernel": (self.kernel_size * inputs[0].width // self.groups, self.filters),
            "bias": (self.filters,),
        }

    def laid_out(self, inputs: Sequence[ValueType]) -> int:
        taps = self.kernel_size
        if FILTER_MIN_TAPS <= taps <= FILTER_MAX_TAPS:
            taps += FILTER_POINTS
        return (taps * (inputs[0].width // self.groups) + 1) * padded(self.filters)

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        return self.kernel_size * inputs[0].width // self.groups * self.filters * fixed(self.output(inputs))

    def scratch(self, inputs: Sequence[ValueType], tokens: int) -> int:
        read = fixed(inputs[0]) + self.left + self.right
        # The steps with the zeros around them, or for each result the steps that it is made of.
        return inputs[0].width * max(read, self.kernel_size * fixed(self.output(inputs)))

    def summary(self) -> str:
        rest = [f"{what} {held}" for what, held in (("stride", self.stride), ("dilation", self.dilation),
                                                    ("groups", self.groups)) if held > 1]  # fmt: skip
        return f"Conv1D({', '.join([str(self.filters), f'kernel {self.kernel_size}', *rest])})"
