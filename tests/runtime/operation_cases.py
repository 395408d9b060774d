"""Networks that try one operation each, with every attribute and form of input: written once, for every engine.

``CASES`` maps a name to a graph. A graph whose name ends in ``padded`` reads LENGTH ids of every text; all others read the
tokens alone, at most LENGTH. ``random_tensors`` gives a graph its weights.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Callable, TypeVar, Union

from drupelet.graph import Graph, Node
from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import ACTIVATIONS
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.dot import Dot
from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.normalization import Normalization
from drupelet.operations.operation import Operation
from drupelet.operations.prelu import PRelu
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from drupelet.operations.restore import Restore
from drupelet.operations.reverse import Reverse
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.softmax import Softmax
from drupelet.operations.strip import Strip
from drupelet.operations.transpose import Transpose
from drupelet.operations.window import Window
from drupelet.operations.window_pool import WindowPool

ROWS, WIDTH, LENGTH, CLASSES = 9, 6, 7, 3
TEXTS: tuple[list[int], ...] = ([2, 3, 4, 5, 6, 7], [4], [], [7, 1, 2], [5, 5, 5, 5], [1, 2, 3, 4, 5, 6, 8])
"""Ids of texts: empty, of one token, as long as can be."""
PARAMETERS = {
    "elu": {"alpha": 0.5},
    "leaky_relu": {"alpha": 0.25},
    "bounded_relu": {"alpha": 0.25, "beta": 0.75, "gamma": 0.125},
    "soft_shrink": {"alpha": 0.5},
    "hard_shrink": {"alpha": 0.5},
    "celu": {"alpha": 0.5},
    "squareplus": {"alpha": 4.0},
    "threshold": {"alpha": 0.25, "beta": 0.5},
}


class Maker:
    """Makes a graph node by node. ``steps`` is the number of the embedding's value."""

    def __init__(self, padded: bool) -> None:
        self.padded = padded
        self.nodes: list[Node] = []
        self.steps = self(Embedding(ROWS, WIDTH), 0)

    def __call__(self, operation: Operation, *inputs: int, weights_of: int | None = None) -> int:
        """Adds a node and returns the number of its value. ``weights_of`` is a value."""
        self.nodes.append(Node(operation, inputs, None if weights_of is None else weights_of - 1))
        return len(self.nodes)

    def graph(self, vector: int) -> Graph:
        """The graph with a dense layer on a vector."""
        self(Dense(CLASSES), vector)
        return Graph(tuple(self.nodes), "softmax", LENGTH, "pre" if self.padded else "none")

    def vector(self, steps: int, function: str = "average") -> int:
        return self(Reduce(function), steps)

    def dense(self, value: int, units: int = WIDTH) -> int:
        return self(Dense(units), value)

    def flat(self, steps: int, size: int) -> int:
        return self(Reshape(None, size), steps)


Given = TypeVar("Given")
Make = Callable[[Maker], int]
"""Adds nodes to a graph and returns the number of a vector."""
Numbers = Union["list[float]", "list[list[float]]"]


def padded_ids(ids: list[int]) -> list[int]:
    """The ids of a text as a padded graph reads them."""
    return [0] * (LENGTH - len(ids)) + list(ids)


def random_tensors(graph: Graph, seed: int = 0, scale: float = 0.5) -> dict[str, Numbers]:
    """Numbers for every tensor of a graph, as nested lists in the tensor's shape; those of recurrent layers are small."""
    numbers = random.Random(seed)  # noqa: S311
    found: dict[str, Numbers] = {}
    for name, shape in graph.tensor_shapes().items():
        size = scale * 0.3 if name.startswith("recurrent") else scale
        count = 1
        for axis in shape:
            count *= axis
        flat = [numbers.gauss(0, size) for _ in range(count)]
        found[name] = flat if len(shape) == 1 else [flat[k : k + shape[1]] for k in range(0, count, shape[1])]
    return found


def _with(given: Given, make: Callable[[Maker, Given], int]) -> Make:
    """A function of a Maker alone: in a loop, a function would see the last turn's variables."""
    return lambda maker: make(maker, given)


def _recurrent(
    cell: str = "lstm",
    direction: str = "forward",
    merge: str = "none",
    returns: str = "steps",
    activation: str = "tanh",
    gate: str = "sigmoid",
    reset_after: bool = False,
) -> Recurrent:
    return Recurrent(cell, direction, merge, 5, activation, "linear" if cell == "rnn" else gate, reset_after, returns)


def _recurrent_layers() -> Iterator[tuple[str, Recurrent]]:
    """Every cell, direction and merge, with the activations that it is trained with and others."""
    ways = [("forward", "none"), ("backward", "none")]
    ways += [("bidirectional", merge) for merge in ("concat", "sum", "mul", "ave")]
    functions = [("tanh", "sigmoid"), ("gelu", "hard_sigmoid_2"), ("elu", "softplus"), ("relu", "hard_sigmoid"),
                 ("linear", "silu")]  # fmt: skip
    for cell, reset_after in (("lstm", False), ("gru", False), ("gru", True), ("rnn", False)):
        for direction, merge in ways:
            for activation, gate in functions if merge in ("none", "concat") else functions[:1]:
                for returns in ("steps", "last"):
                    layer = _recurrent(cell, direction, merge, returns, activation, gate, reset_after)
                    after = " reset_after" if reset_after else ""
                    yield f"{cell}{after} {direction} {merge} {activation} {gate} {returns}", layer


def _anywhere() -> Iterator[tuple[str, Make]]:
    """Cases for tokens alone and for padded texts: functions from a Maker to a vector."""
    for function in ("max", "average", "sum", "first", "last", "min"):
        yield f"reduce {function}", _with(function, lambda m, f: m.vector(m.steps, f))
    layer: Operation
    for name, recurrent in _recurrent_layers():
        layer = recurrent
        if recurrent.returns == "steps":
            yield name, _with(layer, lambda m, layer: m.vector(m(layer, m.steps)))
            yield f"{name} max", _with(layer, lambda m, layer: m.vector(m(layer, m.steps), "max"))
        else:
            yield name, _with(layer, lambda m, layer: m(layer, m.steps))
    yield "recurrent initial states", _initial_states
    yield "recurrent shared", _shared_layer
    yield "recurrent stacked", _stacked
    for name in ACTIVATIONS:
        layer = Activation(name, **PARAMETERS.get(name, {}))
        yield f"activation {name}", _with(layer, lambda m, layer: m.vector(m(layer, m.dense(m.steps))))
        yield (
            f"activation {name} of a vector",
            _with(layer, lambda m, layer: m(layer, m.dense(m.vector(m.steps, "sum")))),
        )
    unbounded = Activation("bounded_relu", 0.5, float("inf"), 0.25)
    yield "activation bounded_relu without a bound", lambda m: m.vector(m(unbounded, m.steps))
    for function in ("softmax", "log_softmax"):
        yield (
            f"softmax {function} of steps",
            _with(function, lambda m, f: m.vector(m(Softmax("steps", f), m.steps), "max")),
        )
        yield f"softmax {function}", _with(function, lambda m, f: m.vector(m(Softmax("features", f), m.steps), "max"))
        yield (
            f"softmax {function} of a vector",
            _with(function, lambda m, f: m(Softmax("features", f), m.vector(m.steps, "sum"))),
        )
    yield "prelu", lambda m: m.vector(m(PRelu(False), m.steps))
    yield "prelu of a vector", lambda m: m(PRelu(False), m.vector(m.steps, "sum"))
    yield "scale_shift", lambda m: m.vector(m(ScaleShift(), m.steps))
    yield "scale_shift of a vector", lambda m: m(ScaleShift(), m.vector(m.steps, "sum"))
    for function in ("layer", "rms", "unit"):
        layer = Normalization(function, 2.0**-10)
        yield f"normalization {function}", _with(layer, lambda m, layer: m.vector(m(layer, m.steps)))
        yield f"normalization {function} of a vector", _with(layer, lambda m, layer: m(layer, m.vector(m.steps, "sum")))
    for function in ("add", "multiply", "average", "maximum", "minimum", "subtract", "concat"):
        layer = Merge(function)
        yield f"merge {function}", _with(layer, lambda m, layer: m.vector(m(layer, m.steps, m.dense(m.steps))))
        yield (
            f"merge {function} of vectors",
            _with(layer, lambda m, layer: m(layer, m.vector(m.steps, "max"), m.vector(m.steps, "sum"))),
        )
        if function != "concat":
            yield (
                f"merge {function} vector and steps",
                _with(layer, lambda m, layer: m.vector(m(layer, m.vector(m.steps, "sum"), m.steps))),
            )
            yield (
                f"merge {function} one and many",
                _with(layer, lambda m, layer: m.vector(m(layer, m.dense(m.steps, 1), m.steps))),
            )
        if function != "subtract":
            yield (
                f"merge {function} of four",
                _with(layer, lambda m, layer: m.vector(m(layer, m.steps, m.dense(m.steps), m.steps, m.dense(m.steps)))),
            )
    for heads in (1, 2, 3):
        for score in ("dot", "additive"):
            for causal in (False, True):
                layer = Attention(heads, score, 0.5, causal)
                yield (
                    f"attention {score} {heads}{' causal' if causal else ''}",
                    _with(layer, lambda m, layer: m.vector(m(layer, m.dense(m.steps), m.steps, m.dense(m.steps, 12)))),
                )
    for normalize in (False, True):
        tail = " normalized" if normalize else ""
        yield (
            f"dot of steps{tail}",
            _with(normalize, lambda m, n: m.vector(m(Dot("steps", "steps", n), m.steps, m.dense(m.steps, 5)))),
        )
        yield (
            f"dot of vectors{tail}",
            _with(
                normalize,
                lambda m, n: m(Dot("features", "features", n), m.vector(m.steps, "sum"), m.vector(m.steps, "max")),
            ),
        )
    yield "reverse", lambda m: m(_recurrent("gru", returns="last"), m(Reverse(), m.steps))
    yield "dense twice, shared", lambda m: m.vector(m(Dense(WIDTH), *[m.dense(m.steps)], weights_of=m.steps + 1))
    yield "two embeddings", lambda m: m.vector(m(Merge("concat"), m.steps, m(Embedding(ROWS, 3), 0)))


def _initial_states(m: Maker) -> int:
    h, c = m.dense(m.vector(m.steps, "sum"), 5), m.dense(m.vector(m.steps, "max"), 5)
    steps = m(_recurrent(direction="backward"), m.steps, h, c)
    cell = m(_recurrent(direction="backward", returns="cell"), m.steps, h, c, weights_of=steps)
    other = m(_recurrent("gru", returns="last", activation="gelu"), m.steps, h)
    last = m(_recurrent("rnn", returns="last"), m.steps, h)
    return m(Merge("concat"), m.vector(steps), cell, other, last)


def _shared_layer(m: Maker) -> int:
    layer = _recurrent("gru", returns="last", reset_after=True)
    first = m(layer, m.steps)
    return m(Merge("add"), first, m(layer, m(Activation("tanh"), m.steps), weights_of=first))


def _stacked(m: Maker) -> int:
    below = m(_recurrent(direction="bidirectional", merge="concat"), m.steps)
    return m(_recurrent("gru", returns="last", reset_after=True), m(_recurrent(direction="backward"), below))


def _stripped(m: Maker, ids: Restore) -> int:
    convolved = m(Convolution(6, 3, 1, 1, 1, 1, 1), m(ids, m.steps))
    return m.vector(m(_recurrent("gru"), m(Strip(ids.side), convolved)))


def _exact() -> Iterator[tuple[str, Make]]:
    """Cases for tokens alone: where padding is put back and left out."""
    for side in ("pre", "post"):
        for fill in ("zeros", "previous", "next"):
            layer = Restore(side, LENGTH, fill)
            yield f"restore {side} {fill}", _with(layer, lambda m, layer: m.flat(m(layer, m.steps), LENGTH * WIDTH))
        ids = Restore(side, LENGTH, "zeros")
        yield (
            f"restore ids {side}",
            _with(ids, lambda m, ids: m.flat(m(Embedding(ROWS, WIDTH), m(ids, 0), weights_of=m.steps), LENGTH * WIDTH)),
        )
        yield f"strip {side}", _with(ids, _stripped)
        yield (
            f"attention across lengths {side}",
            _with(ids, lambda m, ids: m.vector(m(Attention(2, "dot", 0.5, False), m(ids, m.steps), m.steps, m.steps))),
        )
    yield "reduce zero_below", lambda m: m(Reduce("max", 5), m(Activation("leaky_relu", -1.0), m.steps))
    yield (
        "reduce zero_below of a recurrent layer",
        lambda m: m(Reduce("max", LENGTH), m(_recurrent(direction="bidirectional", merge="concat"), m.steps)),
    )


def _padded() -> Iterator[tuple[str, Make]]:
    """Cases that need a fixed number of steps."""
    for filters, size, stride, dilation, groups, left, right in (
        (4, 1, 1, 1, 1, 0, 0), (12, 3, 1, 1, 1, 1, 1), (5, 2, 2, 1, 1, 0, 0), (12, 3, 1, 2, 2, 2, 2), (12, 2, 1, 1, 6, 0, 1),
        (6, 5, 3, 1, 3, 4, 0), (17, 7, 1, 1, 1, 0, 0), (4, 3, 4, 1, 1, 3, 5),
    ):  # fmt: skip
        layer = Convolution(filters, size, stride, dilation, groups, left, right)
        yield (
            f"convolution {filters} {size} {stride} {dilation} {groups} {left} {right}",
            _with(layer, lambda m, layer: m.vector(m(layer, m.steps))),
        )
    for function in ("max", "average"):
        for size, stride, left, right in ((2, 2, 0, 0), (3, 1, 1, 1), (3, 2, 2, 1), (7, 7, 0, 0), (1, 3, 0, 0)):
            pool = WindowPool(function, size, stride, left, right)
            yield (
                f"window_pool {function} {size} {stride} {left} {right}",
                _with(pool, lambda m, pool: m.vector(m(pool, m.steps), "sum")),
            )
    yield "reshape flat", lambda m: m.flat(m.steps, LENGTH * WIDTH)
    yield "reshape steps", lambda m: m.vector(m(Reshape(14, 3), m.steps), "last")
    yield "reshape a vector", lambda m: m.vector(m(Reshape(2, 3), m.vector(m.steps)), "last")
    yield "transpose", lambda m: m.vector(m(Transpose(), m.steps))
    yield "repeat a vector", lambda m: m.vector(m(_recurrent("gru"), m(Repeat(4), m.vector(m.steps))))
    yield "repeat steps", lambda m: m.flat(m(Repeat(2), m.steps), 2 * LENGTH * WIDTH)
    yield "window and zeros", lambda m: m.flat(m(Window(2, 1, 1, 3), m.steps), 8 * WIDTH)
    yield "window", lambda m: m.flat(m(Window(2, 1, 0, 0), m.steps), 4 * WIDTH)
    yield (
        "merge concat_steps",
        lambda m: m.flat(m(Merge("concat_steps"), m.steps, m.dense(m.steps)), 2 * LENGTH * WIDTH),
    )
    yield "prelu per step", lambda m: m.vector(m(PRelu(True), m.steps))
    yield "dot features features", lambda m: m.vector(m(Dot("features", "features", True), m.steps, m.dense(m.steps)))
    yield "dot steps features", lambda m: m.vector(m(Dot("steps", "features", True), m.steps, m(Transpose(), m.steps)))
    yield "dot features steps", lambda m: m.vector(m(Dot("features", "steps", True), m(Transpose(), m.steps), m.steps))
    yield "dot steps and vector", lambda m: m(Dot("features", "features", False), m.steps, m.vector(m.steps))
    yield (
        "dot vector and steps",
        lambda m: m(Dot("features", "steps", True), m.dense(m.vector(m.steps), LENGTH), m.steps),
    )
    yield "hand-made attention", _hand_made_attention


def _hand_made_attention(m: Maker) -> int:
    """Dense(1, tanh) over steps, a softmax over time, RepeatVector, Permute, Multiply, sum."""
    scores = m.flat(m(Activation("tanh"), m.dense(m.steps, 1)), LENGTH)
    weights = m(Transpose(), m(Repeat(WIDTH), m(Softmax("features", "softmax"), scores)))
    return m.vector(m(Merge("multiply"), m.steps, weights), "sum")


def _made(make: Make, padded: bool) -> Graph:
    maker = Maker(padded)
    return maker.graph(make(maker))


CASES = {
    **{name: _made(make, padded=False) for name, make in (*_anywhere(), *_exact())},
    **{f"{name}, padded": _made(make, padded=True) for name, make in (*_anywhere(), *_padded())},
}
"""The graphs by name."""
