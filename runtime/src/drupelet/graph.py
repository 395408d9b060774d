"""The graph of a compiled network: the value that the manifest shows and the model file encodes.

Value 0 is the ids of a text. Node k reads earlier values and defines value k + 1, so each value is defined once and before it
is read, and there are no cycles. The last value is the logits.
"""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.operations.operation import FLOATS, MAX_NUMBER, Operation, padded
from drupelet.operations.value_type import ValueType, ids_of
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence

OUTPUTS = ("softmax", "sigmoid", "logits", "probabilities")
PADDINGS = ("none", "pre", "post")
PADDING_ID = 0
"""The id that Keras pads with, and the only one that it masks."""
MAX_NODES = 1024
"""Most nodes of a graph. A BERT of 12 layers has some 200."""
MAX_TEXT_BYTES = 1 << 28
"""Most bytes of all values of one text. A Raspberry Pi Zero has 512 MB; real classifiers need some megabytes a text."""
MAX_WORK = 1 << 38
"""Most work of a text: multiplications with an addition, and numbers that operations read. A BERT of 12 layers has 5e10 for 512
tokens, an LSTM of 512 units on 300 features 1.7e11 for 100,000; classifiers on a Pi have millions. A workstation does some 2e10
a second."""
MAX_SCRATCH_BYTES = 1 << 30
"""Most bytes, besides values, of a node in a library that computes its whole result at once: scores of attention (200 MB for
2,048 tokens and 12 heads), or what the steps of a convolution read (300 MB for 10,000 steps, 1,500 features, a kernel of 5)."""
FLOAT_BYTES = 4


class Node(Value):
    """An operation and the numbers of the values that it reads.

    ``weights_of``: the number of an earlier node whose tensors this one uses too (a shared layer); None: its own.
    """

    operation: Operation
    inputs: tuple[int, ...]
    weights_of: int | None = None


class Graph(Value):
    """A compiled network.

    With ``padding`` ``none`` the network reads exactly the tokens of a text: masked padding is not among its ids. With ``pre``
    or ``post`` Keras does not mask the padding, so every text is padded with id 0 to ``max_tokens``. The last value is a vector
    of logits, one for each class (a single one for a two-class ``sigmoid``). ``output`` is the function that turns them into
    probabilities; ``probabilities``: they are probabilities already.
    """

    nodes: tuple[Node, ...]
    output: str
    max_tokens: int | None
    padding: str

    def __post_init__(self) -> None:
        for field, held, allowed in (("output", self.output, OUTPUTS), ("padding", self.padding, PADDINGS)):
            if held not in allowed:
                raise FormatError(f"{field} is {held!r}, expected one of {', '.join(allowed)}")
        if self.max_tokens is not None and (type(self.max_tokens) is not int or not 1 <= self.max_tokens <= MAX_NUMBER):
            raise FormatError(f"max_tokens is {self.max_tokens!r:.40}, expected 1 to {MAX_NUMBER}, or none at all")
        if self.padding != "none" and self.max_tokens is None:
            raise FormatError(f"padding {self.padding!r} without max_tokens: expected the length that is padded to")
        if not 1 <= len(self.nodes) <= MAX_NODES:
            raise FormatError(f"{len(self.nodes)} operations, expected 1 to {MAX_NODES}")
        types = self.types
        self._check_weights(types)
        self._check_tables()
        self._check_restored(types)
        if types[-1].kind != "vector":
            raise FormatError(f"the last operation gives {types[-1]}, expected a vector")
        if self.output in ("softmax", "probabilities") and types[-1].width < 2:
            raise FormatError(f"{self.output} of a single number, expected at least two, or sigmoid")
        needed = self.text_bytes(self.max_tokens or 0)
        if needed > MAX_TEXT_BYTES:
            raise FormatError(
                f"the values of a text take {needed} bytes, expected at most {MAX_TEXT_BYTES}; shorten max_tokens"
            )
        work = self.work(self.max_tokens or 0)
        if work > MAX_WORK:
            raise FormatError(f"a text takes {work} multiplications, expected at most {MAX_WORK}; shorten max_tokens")

    def _check_weights(self, types: Sequence[ValueType]) -> None:
        """Raises FormatError unless each node that shares tensors shares those of an earlier node like it."""
        for number, node in enumerate(self.nodes):
            if node.weights_of is None:
                continue
            where = f"operation {number} ({node.operation.name}) uses the weights of operation {node.weights_of}"
            is_earlier = type(node.weights_of) is int and 0 <= node.weights_of < number
            owner = self.nodes[node.weights_of] if is_earlier else None
            if owner is None or owner.weights_of is not None or owner.operation.name != node.operation.name:
                raise FormatError(f"{where}, expected an earlier one of its kind with weights of its own")
            own, theirs = (
                each.operation.tensor_shapes([types[read] for read in each.inputs]) for each in (node, owner)
            )
            if own != theirs or not own:
                raise FormatError(f"{where}, whose shapes differ")

    def _check_tables(self) -> None:
        tables = [node.operation for node in self.nodes if node.operation.name == "embedding"]
        rows = {vars(table)["rows"] for table in tables}
        if len(rows) != 1:
            raise FormatError(f"embeddings with {sorted(rows)} rows, expected one number: ids mean the same in each")

    def _check_restored(self, types: Sequence[ValueType]) -> None:
        """Raises FormatError unless there is room for every token where masked padding is put back or left out."""
        for number, node in enumerate(self.nodes):
            if node.operation.name not in ("restore", "strip"):
                continue
            where = f"operation {number} ({node.operation.name})"
            if self.padded or self.max_tokens is None:
                raise FormatError(f"{where} in a network with padding {self.padding!r} and max_tokens {self.max_tokens}, "
                                  "expected padding 'none' and a max_tokens")  # fmt: skip
            longer = types[node.inputs[0] if node.operation.name == "strip" else number + 1]
            if longer.steps_in(0) < self.max_tokens:
                raise FormatError(
                    f"{where}: {longer} for texts of {self.max_tokens} tokens, expected at least as many steps"
                )

    @property
    def types(self) -> tuple[ValueType, ...]:
        """The type of each value: the ids, then what each node gives. Raises FormatError that names the node."""
        types = [ids_of(self.max_tokens if self.padded else None)]
        for number, node in enumerate(self.nodes):
            where = f"operation {number} ({node.operation.name})"
            if not node.inputs or not all(type(read) is int and 0 <= read <= number for read in node.inputs):
                raise FormatError(f"{where} reads values {list(node.inputs)}, expected some of 0 to {number}")
            try:
                types.append(node.operation.output([types[read] for read in node.inputs]))
            except FormatError as error:
                raise FormatError(f"{where}: {error}") from error
        return tuple(types)

    @property
    def padded(self) -> bool:
        """Whether texts are padded to ``max_tokens`` before the network reads them."""
        return self.padding != "none"

    @property
    def vocabulary_rows(self) -> int:
        """The rows of the embeddings."""
        rows: int = next(vars(node.operation)["rows"] for node in self.nodes if node.operation.name == "embedding")
        return rows

    @property
    def class_count(self) -> int:
        """The number of classes: features of the last value, or two for a single one."""
        return max(2, self.types[-1].width)

    @property
    def logit_count(self) -> int:
        """The number of logits: features of the last value."""
        return self.types[-1].width

    @property
    def is_multi_label(self) -> bool:
        """Whether each class is decided alone: several sigmoids."""
        return self.output == "sigmoid" and self.types[-1].width > 1

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all tensors by name (``dense.5.kernel`` for node 5), in file order and in Keras's layout."""
        return {name: shape for name, (shape, _) in self.tensors().items()}

    def tensors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """The shape of every tensor by name, and how schemes store it: ROWS, COLUMNS or FLOATS."""
        types = self.types
        found = {}
        for number, node in enumerate(self.nodes):
            if node.weights_of is None:
                for role, shape in node.operation.tensor_shapes([types[read] for read in node.inputs]).items():
                    storage = node.operation.storage.get(role.rpartition(".")[2], FLOATS)
                    found[f"{node.operation.name}.{number}.{role}"] = (shape, storage)
        return found

    def tensor_prefix(self, number: int) -> str:
        """What the names of the tensors of a node begin with, its own or those that it shares."""
        node = self.nodes[number]
        return f"{node.operation.name}.{number if node.weights_of is None else node.weights_of}."

    def text_bytes(self, tokens: int) -> int:
        """The bytes of all values of a text with so many tokens, in float32, each step padded to a multiple of LANES."""
        return sum(value.steps_in(tokens) * _row_numbers(value) * FLOAT_BYTES for value in self.types)

    def work(self, tokens: int) -> int:
        """The multiplications with an addition for a text of so many tokens, or what takes as long, and the numbers read.

        It is a polynomial of the second degree in the tokens.
        """
        types = self.types
        total = 0
        for node in self.nodes:
            inputs = [types[read] for read in node.inputs]
            total += node.operation.work(inputs, tokens) + sum(read.steps_in(tokens) * read.width for read in inputs)
        return total

    def scratch_bytes(self, tokens: int) -> tuple[int, ...]:
        """The bytes that each node takes, besides values, in a library that computes the whole result at once.

        Each is a polynomial of the second degree in the tokens.
        """
        types = self.types
        return tuple(
            FLOAT_BYTES * node.operation.scratch([types[read] for read in node.inputs], tokens) for node in self.nodes
        )

    def layout_bytes(self) -> int:
        """The bytes that weights may take when they are laid out as float32 for each node that uses them, tables left out."""
        types = self.types
        return FLOAT_BYTES * sum(node.operation.laid_out([types[read] for read in node.inputs]) for node in self.nodes)

    def summary(self) -> list[str]:
        """One line for each operation, for people. A line names what it reads unless that is the operation before."""
        lines = []
        for number, node in enumerate(self.nodes):
            reads = "" if node.inputs == (number,) else f" of {', '.join(map(self._value_name, node.inputs))}"
            lines.append(f"{node.operation.summary()}{reads}")
        return [*lines, self.output]

    def _value_name(self, number: int) -> str:
        return "ids" if number == 0 else f"operation {number - 1}"


def _row_numbers(value: ValueType) -> int:
    return 1 if value.kind == "ids" else padded(value.width)


def with_rows(graph: Graph, rows: int) -> Graph:
    """The graph whose embeddings have so many rows."""
    nodes: Sequence[Node] = [
        Node(type(node.operation)(**{**vars(node.operation), "rows": rows}), node.inputs, node.weights_of)
        if node.operation.name == "embedding"
        else node
        for node in graph.nodes
    ]
    return Graph(tuple(nodes), graph.output, graph.max_tokens, graph.padding)
