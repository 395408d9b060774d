"""Attention: each step of a query becomes a weighted average of values."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import FLOATS, Operation, positive
from drupelet.operations.value_type import ValueType, steps_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

SCORES = ("dot", "additive")
MAX_HEADS = 1024
"""Most heads."""

FUNCTION_WORK = 32
"""Multiplications that take as long as the exponential of a score, or the tanh of a number of an additive score."""


class Attention(Operation):
    """query steps (m, width), keys steps (n, width), values steps (n, value width) -> steps (m, value width).

    Features are split evenly among ``heads``. Of each head, output step q is the average of the values, weighted with the
    softmax over n of the scores: ``dot``, scale * (query . key); ``additive``, the sum over the features of weight * tanh(scale
    * (query + key)). ``causal``: step q sees keys up to q only. Tensors of ``additive``: ``weight`` (width,). Of no key, the
    average is zeros.
    """

    heads: int
    score: str
    scale: float
    causal: bool

    name = "attention"
    choices = {"score": SCORES}
    storage = {"weight": FLOATS}

    def __post_init__(self) -> None:
        self.check_attributes()
        positive("heads", self.heads, MAX_HEADS)
        if not abs(self.scale) < float("inf"):
            raise FormatError(f"scale is {self.scale}, expected a finite number")

    def output(self, inputs: Sequence[ValueType]) -> ValueType:
        if len(inputs) != 3 or any(value.kind != "steps" for value in inputs):
            raise FormatError(f"reads {', '.join(map(str, inputs))}, expected the steps of query, keys and values")
        query, keys, values = inputs
        if query.width != keys.width or keys.length != values.length:
            raise FormatError(f"query {query}, keys {keys}, values {values}: expected one width of query and keys, and as many "
                              "keys as values")  # fmt: skip
        if query.width % self.heads or values.width % self.heads:
            raise FormatError(f"{query.width} and {values.width} features in {self.heads} heads, expected multiples")
        return steps_of(query.length, values.width)

    def tensor_shapes(self, inputs: Sequence[ValueType]) -> dict[str, tuple[int, ...]]:
        return {"weight": (inputs[0].width,)} if self.score == "additive" else {}

    def work(self, inputs: Sequence[ValueType], tokens: int) -> int:
        query, keys, values = inputs
        functions = self.heads if self.score == "dot" else self.heads + keys.width  # the softmax; tanh
        return query.steps_in(tokens) * keys.steps_in(tokens) * (keys.width + values.width + FUNCTION_WORK * functions)

    def scratch(self, inputs: Sequence[ValueType], tokens: int) -> int:
        query, keys, _ = inputs
        each = self.heads if self.score == "dot" else keys.width  # a score for each head; the terms of additive ones
        return query.steps_in(tokens) * keys.steps_in(tokens) * each

    def summary(self) -> str:
        name = "Attention" if self.score == "dot" else "AdditiveAttention"
        return f"{name}({self.heads} heads)" if self.heads > 1 else name
