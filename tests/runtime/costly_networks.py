"""Networks that take much time in proportion to their memory, one for each operation with products."""

from drupelet.errors import FormatError
from drupelet.graph import Graph, Node
from drupelet.operations.attention import Attention
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.dot import Dot
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
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
