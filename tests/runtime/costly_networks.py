"""Networks that take much time in proportion to their memory, or much memory in proportion to their file."""

from drupelet.errors import FormatError
from drupelet.graph import Graph, Node
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.dot import Dot
from drupelet.operations.embedding import Embedding
from drupelet.operations.normalization import Normalization
from drupelet.operations.prelu import PRelu
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.repeat import Repeat
from drupelet.operations.scale_shift import ScaleShift
from drupelet.operations.window_pool import WindowPool

ROWS = 14


def attention_of(width, max_tokens=None, heads=1, score="dot"):
    """Self-attention over all tokens."""
    return _graph(width, [Node(Attention(heads, score, 1.0, False), (1, 1, 1))], max_tokens)


COSTLY = {
    "dense": lambda tokens: _graph(1 << 14, [Node(Dense(1 << 14), (1,))], tokens),
    "lstm": lambda tokens: _graph(1 << 10, [_recurrent("lstm", "forward", "none")], tokens),
    "gru": lambda tokens: _graph(1 << 10, [_recurrent("gru", "bidirectional", "sum")], tokens),
    "rnn": lambda tokens: _graph(1 << 10, [_recurrent("rnn", "bidirectional", "ave")], tokens),
    "convolution": lambda tokens: _graph(1 << 10, [Node(Convolution(1 << 11, 1 << 9, 1, 1, 2, 511, 0), (1,))], tokens),
    "attention": lambda tokens: attention_of(16, tokens, 4),
    "additive attention": lambda tokens: attention_of(16, tokens, 2, "additive"),
    "dot": lambda tokens: _graph(16, [Node(Dot("steps", "steps", False), (1, 1))] * 1000, tokens),
    "window_pool": lambda tokens: _graph(256, [Node(WindowPool("max", 1 << 15, 1, 0, 0), (1,))], tokens),
}
"""Graphs whose texts are padded to so many tokens."""


HEAVY = {
    "dense": (1024, 0, Dense(32)),
    "lstm": (64, 1, Recurrent("lstm", "bidirectional", "sum", 32, "tanh", "sigmoid", False, "last")),
    "gru": (130, 1, Recurrent("gru", "forward", "none", 40, "tanh", "sigmoid", True, "last")),
    "rnn": (300, 1, Recurrent("rnn", "bidirectional", "concat", 100, "tanh", "linear", False, "last")),
    "convolution of 3 taps": (64, 5, Convolution(50, 3, 1, 1, 1, 0, 0)),
    "convolution of 7 taps": (66, 7, Convolution(80, 7, 1, 1, 2, 0, 0)),
    "prelu": (500, 64, PRelu(True)),
    "scale_shift": (1 << 14, 0, ScaleShift()),
    "normalization": ((1 << 14) - 3, 0, Normalization("layer", 0.125)),
    "additive attention": ((1 << 15) - 1, 1, Attention(1, "additive", 1.0, False)),
}
"""Operations whose weights take much memory when many nodes share them; the width and steps (0: a vector) of their input."""


def sharing(width, steps, operation, count):
    """A graph in which so many nodes use the weights of one."""
    first = [Node(Embedding(3, width), (0,)), Node(Reduce("sum"), (1,)), Node(Dense(2), (2,))]
    read = (2,)
    if steps:
        first.append(Node(Repeat(steps), (2,)))
        read = (len(first),)
    read *= 3 if operation.name == "attention" else 1
    shared = [Node(operation, read, len(first) if number else None) for number in range(count)]
    return Graph((*first, *shared, Node(Dense(2), (2,), weights_of=2)), "softmax", None, "none")


def longest(make, limit=1 << 20):
    """The most tokens that a graph may be padded to, fewer than the limit; its message for one token more."""
    low, high, message = 1, limit, ""
    while high - low > 1:
        middle = (low + high) // 2
        try:
            make(middle)
            low = middle
        except FormatError as error:
            if "expected at most" in str(error):
                high, message = middle, str(error)
            else:
                low = middle  # fewer steps than a window
    return low, message


def _recurrent(cell, direction, merge):
    gate = "linear" if cell == "rnn" else "sigmoid"
    return Node(Recurrent(cell, direction, merge, 1 << 14, "tanh", gate, False, "last"), (1,))


def _graph(width, nodes, max_tokens):
    end = len(nodes) + 1
    tail = [] if nodes[-1].operation.name == "recurrent" else [Node(Reduce("max"), (end,))]
    nodes = [Node(Embedding(ROWS, width), (0,)), *nodes, *tail]
    padding = "none" if max_tokens is None else "pre"
    return Graph((*nodes, Node(Dense(2), (len(nodes),))), "softmax", max_tokens, padding)
