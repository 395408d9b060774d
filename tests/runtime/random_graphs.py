"""Random well-typed graphs of every operation, with small shapes and small weights: a hypothesis strategy.

``graphs()`` draws a graph, ``graphs("attention")`` one that has an attention; ``models()`` adds weights and words,
``batches(graph)`` draws ids of texts that the graph reads. A graph may read exact tokens, restore padding, or be padded; it
branches, shares weights, and ends in a vector. :data:`BUILDERS` has an entry for each operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from drupelet.graph import Graph, Node
from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import ACTIVATIONS, PARAMETERS, RECURRENT_ACTIVATIONS
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
from drupelet.operations.table import OPERATIONS
from drupelet.operations.transpose import Transpose
from drupelet.operations.value_type import ValueType, ids_of
from drupelet.operations.window import Window
from drupelet.operations.window_pool import WindowPool
from runtime.networks import Model, model_of

ROWS = 11
"""Rows of the tables."""
MOST_NUMBERS = 200
"""Most numbers of a value whose size is fixed: an oracle in plain Python evaluates them."""
MOST_TRIES = 20
"""Tries to draw an operation that must be there."""
STEEP = ("exponential", "tanh_shrink")
"""Activations that blow a value up, or leave little of it but rounding, so that float32 says little about it; they have tests
of their own."""
RECURRENT_CHOICES = tuple(name for name in RECURRENT_ACTIVATIONS if name not in STEEP)

Draw = Callable[[st.SearchStrategy[Any]], Any]
Builder = Callable[["Growing"], "Node | None"]


class Growing:
    """A graph that grows: the nodes so far and the types of their values."""

    def __init__(self, draw: Draw, max_tokens: int | None, padding: str) -> None:
        self.draw = draw
        self.max_tokens = max_tokens
        self.padding = padding
        self.nodes: list[Node] = []
        self.types: list[ValueType] = [ids_of(max_tokens if padding != "none" else None)]

    def pick(self, test: Callable[[ValueType], bool]) -> int | None:
        """The number of a value whose type passes, rather a late one or one that nothing reads; None where there is none."""
        read = {number for node in self.nodes for number in node.inputs}
        found = [number for number, held in enumerate(self.types) if test(held)]
        if not found:
            return None
        unread = [number for number in found if number not in read]
        return int(self.draw(st.sampled_from(unread + found[-2:] + found)))

    def add(self, node: Node | None) -> bool:
        """Adds a node unless it is None or its value is too large."""
        if node is None:
            return False
        held = node.operation.output([self.types[read] for read in node.inputs])
        if held.steps_in(1) * held.width > MOST_NUMBERS:
            return False
        self.nodes.append(node)
        self.types.append(held)
        return True

    def integer(self, low: int, high: int) -> int:
        """A small number."""
        return int(self.draw(st.integers(low, high)))

    def one_of(self, choices: Sequence[Any]) -> Any:
        """One of the choices."""
        return self.draw(st.sampled_from(choices))


def _is_steps(held: ValueType) -> bool:
    return held.kind == "steps"


def _is_fixed(held: ValueType) -> bool:
    return held.kind == "steps" and held.length is not None


def _has_numbers(held: ValueType) -> bool:
    return held.kind != "ids"


def _is_vector(held: ValueType) -> bool:
    return held.kind == "vector"


def _of(
    make: Callable[[Growing, ValueType], Operation | None], test: Callable[[ValueType], bool] = _has_numbers
) -> Builder:
    """A builder of an operation of one input whose type passes."""

    def build(graph: Growing) -> Node | None:
        read = graph.pick(test)
        operation = None if read is None else make(graph, graph.types[read])
        return None if operation is None or read is None else Node(operation, (read,))

    return build


def _embedding(graph: Growing) -> Node | None:
    read = graph.pick(lambda held: held.kind == "ids")
    return None if read is None else Node(Embedding(ROWS, graph.integer(1, 4)), (read,))


def _recurrent(graph: Growing) -> Node | None:
    read = graph.pick(_is_steps)
    if read is None:
        return None
    cell = graph.one_of(("lstm", "gru", "rnn"))
    direction = graph.one_of(("forward", "backward", "bidirectional"))
    merge = graph.one_of(("concat", "sum", "mul", "ave")) if direction == "bidirectional" else "none"
    units, initial = graph.integer(1, 4), []
    if direction != "bidirectional" and graph.one_of((False, False, True)):
        state = graph.pick(_is_vector)
        if state is not None:
            initial = [state] * (2 if cell == "lstm" else 1)
            units = graph.types[state].width
    if units > 8:
        return None
    layer = Recurrent(
        cell,
        direction,
        merge,
        units,
        graph.one_of(("tanh", *RECURRENT_CHOICES)),
        "linear" if cell == "rnn" else graph.one_of(("sigmoid", "hard_sigmoid", "hard_sigmoid_2")),
        cell == "gru" and graph.one_of((True, False)),
        graph.one_of(("steps", "last", *(["cell"] if cell == "lstm" else []))),
    )
    return Node(layer, (read, *initial))


def _activation(graph: Growing, held: ValueType) -> Operation:
    function = graph.one_of([name for name in ACTIVATIONS if name not in STEEP])
    # Numbers that no sum of weights is likely to hit, where a function jumps.
    parameters = {name: graph.one_of((0.15625, 0.34375, 0.71875)) for name in PARAMETERS.get(function, ())}
    if function == "bounded_relu":
        parameters["beta"] = graph.one_of((1.28125, math.inf))
    return Activation(function, **parameters)


def _softmax(graph: Growing, held: ValueType) -> Operation:
    axis = graph.one_of(("features", "steps")) if held.kind == "steps" else "features"
    return Softmax(axis, graph.one_of(("softmax", "log_softmax")))


def _convolution(graph: Growing, held: ValueType) -> Operation | None:
    groups = graph.one_of([number for number in (1, 2, held.width) if held.width % number == 0])
    size, dilation, left, right = (graph.integer(*ends) for ends in ((1, 4), (1, 2), (0, 2), (0, 2)))
    if held.steps_in(0) + left + right < (size - 1) * dilation + 1:
        size = 1
    return Convolution(groups * graph.integer(1, 3), size, graph.integer(1, 3), dilation, groups, left, right)


def _window_pool(graph: Growing, held: ValueType) -> Operation | None:
    size = graph.integer(1, 4)
    left, right = graph.integer(0, size - 1), graph.integer(0, size - 1)
    if held.steps_in(0) + left + right < size:
        return None
    return WindowPool(graph.one_of(("max", "average")), size, graph.integer(1, 3), left, right)


def _reduce(graph: Growing, held: ValueType) -> Operation:
    function = graph.one_of(("max", "max", "average", "sum", "first", "last", "min"))
    below = graph.one_of((None, graph.max_tokens or 3)) if function == "max" and held.length is None else None
    return Reduce(function, below)


def _merge(graph: Growing) -> Node | None:
    function = graph.one_of(
        ("concat", "concat", "concat_steps", "add", "multiply", "average", "maximum", "minimum", "subtract")
    )
    first = graph.pick(_is_fixed if function == "concat_steps" else _has_numbers)
    if first is None:
        return None
    one = graph.types[first]

    def fits(held: ValueType) -> bool:
        if function == "concat_steps":
            return _is_fixed(held) and held.width == one.width
        if function == "concat":
            return held.kind == one.kind and (held.kind == "vector" or held.length == one.length)
        alike = held.kind == "vector" or one.kind == "vector" or held.length == one.length
        return _has_numbers(held) and alike and (1 in (held.width, one.width) or held.width == one.width)

    second = graph.pick(fits)
    if second is None:
        return None
    others = [second] if function == "subtract" else [second, first][: graph.integer(1, 2)]
    return Node(Merge(function), (first, *others))


def _normalization(graph: Growing, held: ValueType) -> Operation:
    return Normalization(graph.one_of(("layer", "rms", "unit")), graph.one_of((2.0**-3, 2.0**-6)))


def _attention(graph: Growing) -> Node | None:
    query = graph.pick(_is_steps)
    if query is None:
        return None
    keys = graph.pick(lambda held: _is_steps(held) and held.width == graph.types[query].width) or query
    length = graph.types[keys].length
    values = graph.pick(lambda held: _is_steps(held) and held.length == length) or keys
    width, value_width = graph.types[query].width, graph.types[values].width
    heads = graph.one_of([number for number in (1, 2, 3) if width % number == 0 and value_width % number == 0])
    operation = Attention(
        heads, graph.one_of(("dot", "additive")), graph.one_of((1.0, 0.5)), graph.one_of((True, False))
    )
    return Node(operation, (query, keys, values))


def _dot(graph: Growing) -> Node | None:
    first = graph.pick(_has_numbers)
    if first is None:
        return None
    one = graph.types[first]
    a_axis = graph.one_of(("steps", "features")) if one.kind == "steps" else "features"
    length = one.length if a_axis == "steps" else one.width
    choices = []
    for number, held in enumerate(graph.types):
        for axis in ("steps", "features"):
            if held.kind == "ids" or (axis == "steps" and held.kind == "vector"):
                continue
            left = [] if held.kind == "vector" else [held.width if axis == "steps" else held.length]
            rest = [] if one.kind == "vector" else [one.width if a_axis == "steps" else one.length]
            if (held.length if axis == "steps" else held.width) == length and None not in (rest + left)[-1:]:
                choices.append((number, axis))
    if not choices:
        return None
    second, b_axis = graph.one_of(choices)
    return Node(Dot(a_axis, b_axis, graph.one_of((False, True))), (first, second))


def _reshape(graph: Growing, held: ValueType) -> Operation:
    count = held.steps_in(0) * held.width
    width = graph.one_of([number for number in range(1, count + 1) if count % number == 0])
    return Reshape(None, count) if graph.one_of((True, False)) else Reshape(count // width, width)


def _repeat(graph: Growing, held: ValueType) -> Operation:
    return Repeat(graph.integer(1, 3))


def _window(graph: Growing, held: ValueType) -> Operation:
    first = graph.integer(0, min(2, held.steps_in(0) - 1))
    last = graph.integer(0, min(2, held.steps_in(0) - 1 - first))
    return Window(first, last, graph.integer(0, 2), graph.integer(0, 2))


def _restore(graph: Growing) -> Node | None:
    if graph.padding != "none" or graph.max_tokens is None:
        return None
    read = graph.pick(lambda held: held.length is None)
    if read is None:
        return None
    fill = "zeros" if graph.types[read].kind == "ids" else graph.one_of(("zeros", "previous", "next"))
    return Node(Restore(graph.one_of(("pre", "post")), graph.max_tokens + graph.integer(0, 1), fill), (read,))


def _strip(graph: Growing) -> Node | None:
    tokens = graph.max_tokens
    if graph.padding != "none" or tokens is None:
        return None
    read = graph.pick(lambda held: _is_fixed(held) and held.steps_in(0) >= tokens)
    if read is None and graph.add(_restore(graph)) and _is_fixed(graph.types[-1]):
        read = len(graph.types) - 1
    return None if read is None else Node(Strip(graph.one_of(("pre", "post"))), (read,))


BUILDERS: Mapping[str, Builder] = {
    "embedding": _embedding,
    "recurrent": _recurrent,
    "dense": _of(lambda graph, held: Dense(graph.integer(1, 5))),
    "activation": _of(_activation),
    "prelu": _of(lambda graph, held: PRelu(_is_fixed(held) and graph.one_of((True, False)))),
    "softmax": _of(_softmax),
    "convolution": _of(_convolution, _is_fixed),
    "window_pool": _of(_window_pool, _is_fixed),
    "reduce": _of(_reduce, _is_steps),
    "merge": _merge,
    "scale_shift": _of(lambda graph, held: ScaleShift()),
    "normalization": _of(_normalization),
    "attention": _attention,
    "dot": _dot,
    "reshape": _of(_reshape, lambda held: _has_numbers(held) and held.length is not None),
    "transpose": _of(lambda graph, held: Transpose(), _is_fixed),
    "repeat": _of(_repeat, lambda held: _has_numbers(held) and held.length is not None),
    "window": _of(_window, _is_fixed),
    "reverse": _of(lambda graph, held: Reverse(), _is_steps),
    "restore": _restore,
    "strip": _strip,
}
"""What draws a node of each operation that fits the graph so far; None where none fits."""
FIXED = ("convolution", "window_pool", "transpose", "window")
"""Operations that read steps of fixed length."""


@st.composite
def graphs(draw: Draw, required: str | None = None, most_nodes: int = 8) -> Graph:
    """A graph with a node of the operation ``required``, and of ``most_nodes`` drawn operations besides those that end it."""
    kinds = {"exact": (None, "none"), "limited": (5, "none"), "pre": (5, "pre"), "post": (4, "post")}
    if required in ("restore", "strip"):
        kinds = {"limited": kinds["limited"]}
    elif required in FIXED:
        kinds = {name: held for name, held in kinds.items() if held[1] != "none"}
    graph = Growing(draw, *draw(st.sampled_from([*kinds.values()])))
    graph.add(_embedding(graph))
    names = draw(st.lists(st.sampled_from([*OPERATIONS]), min_size=1, max_size=most_nodes))
    if required is not None:
        names.insert(draw(st.integers(0, len(names))), required)
    for name in names:
        node = BUILDERS[name](graph)
        graph.add(node)
        if node is not None and draw(st.sampled_from((False, False, True))):
            graph.add(_shared(graph, len(graph.nodes) - 1))
    if required is not None and all(node.operation.name != required for node in graph.nodes):
        _make_room(graph, required)
    _finish(graph)
    several = ("softmax", "sigmoid", "logits", "probabilities")
    output = draw(st.sampled_from(several if graph.types[-1].width > 1 else ("sigmoid", "logits")))
    if output == "probabilities":
        graph.add(Node(Softmax("features", "softmax"), (len(graph.nodes),)))
    return Graph(tuple(graph.nodes), output, graph.max_tokens, graph.padding)


def _shared(graph: Growing, owner: int) -> Node | None:
    """A node that uses the weights of that one on another value of the same type, or on the same."""
    node = graph.nodes[owner]
    if not node.operation.tensor_shapes([graph.types[read] for read in node.inputs]) or node.weights_of is not None:
        return None
    first = graph.types[node.inputs[0]]
    read = graph.pick(lambda held: held.kind == first.kind and held.width == first.width)
    if read is None or (node.operation.name == "prelu" and graph.types[read].length != first.length):
        return None
    if node.operation.name in ("attention", "convolution"):
        read = node.inputs[0]
    return Node(node.operation, (read, *node.inputs[1:]), owner)


def _make_room(graph: Growing, required: str) -> None:
    """Adds a node of that operation after small values that it can read: steps, and a vector."""
    graph.add(Node(Embedding(ROWS, 2), (0,)))
    graph.add(Node(Reduce("sum"), (len(graph.nodes),)))
    for _ in range(MOST_TRIES):
        if graph.add(BUILDERS[required](graph)):
            return
    reject()


def _finish(graph: Growing) -> None:
    """Joins the values that nothing reads, as vectors, and gives logits."""
    read = {number for node in graph.nodes for number in node.inputs}
    vectors = []
    for number in range(1, len(graph.types)):
        if number in read:
            continue
        held = graph.types[number]
        if held.kind == "vector":
            vectors.append(number)
        else:
            graph.add(Node(Embedding(ROWS, 2), (number,)) if held.kind == "ids" else Node(Reverse(), (number,)))
            graph.add(Node(Reduce(graph.one_of(("max", "sum", "last"))), (len(graph.nodes),)))
            vectors.append(len(graph.nodes))
    if len(vectors) > 1:
        graph.nodes.append(Node(Merge("concat"), tuple(vectors)))
        graph.types.append(graph.nodes[-1].operation.output([graph.types[number] for number in vectors]))
        vectors = [len(graph.nodes)]
    graph.add(Node(Dense(graph.integer(1, 3)), (vectors[0],)))


@st.composite
def models(draw: Draw, required: str | None = None, most_nodes: int = 8) -> Model:
    """A model of a random graph, with weights of a drawn seed."""
    graph = draw(graphs(required, most_nodes))
    return model_of(graph, spread=0.5, octaves=(-4, -2.5), seed=draw(st.integers(0, 1 << 16)))


@st.composite
def batches(draw: Draw, graph: Graph, most_texts: int = 3) -> list[list[int]]:
    """The ids of some texts: as many as the graph reads, with the empty text where it may be; id 0 only in padding."""
    texts = []
    for _ in range(draw(st.integers(1, most_texts))):
        tokens = draw(st.lists(st.integers(1, graph.vocabulary_rows - 1), max_size=graph.max_tokens or 6))
        filling = [0] * ((graph.max_tokens or 0) - len(tokens)) if graph.padded else []
        texts.append(filling + tokens if graph.padding == "pre" else tokens + filling)
    return texts
