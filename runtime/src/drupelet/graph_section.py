"""The GRPH section of a ``.drupelet`` file: the graph and the scheme. ``docs/format.md`` is the specification."""

from __future__ import annotations

import struct

from drupelet.errors import FormatError
from drupelet.graph import MAX_NODES, OUTPUTS, PADDINGS, Graph, Node
from drupelet.operations.table import OPERATIONS, operation_class
from drupelet.schemes import SCHEMES
from drupelet.section_reader import NO_VALUE, SectionReader, named, optional
from drupelet.value import field_names

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.operations.operation import Operation

GRAPH_HEAD = struct.Struct("<5I")
"""scheme, output, max_tokens (NO_VALUE: none), padding, number of nodes."""
NODE_HEAD = struct.Struct("<4I")
"""operation, node whose weights it uses (NO_VALUE: its own), number of inputs, number of attributes."""
NUMBER = struct.Struct("<I")
FLOAT = struct.Struct("<f")
MAX_NODE_INPUTS = 64
"""Most inputs of a node."""


def encode_graph(graph: Graph, scheme: str) -> bytes:
    """The bytes of a GRPH section. Raises FormatError for a scheme that is none."""
    if scheme not in SCHEMES:
        raise FormatError(f"scheme {scheme!r:.60}, expected one of {', '.join(SCHEMES)}")
    content = [
        GRAPH_HEAD.pack(
            SCHEMES.index(scheme),
            OUTPUTS.index(graph.output),
            NO_VALUE if graph.max_tokens is None else graph.max_tokens,
            PADDINGS.index(graph.padding),
            len(graph.nodes),
        )
    ]
    for node in graph.nodes:
        attributes = _encoded(node.operation)
        shared = NO_VALUE if node.weights_of is None else node.weights_of
        content.append(
            NODE_HEAD.pack([*OPERATIONS].index(node.operation.name), shared, len(node.inputs), len(attributes))
        )
        content += [NUMBER.pack(read) for read in node.inputs]
        content += attributes
    return b"".join(content)


def decode_graph(content: memoryview) -> tuple[Graph, str]:
    """The graph and the scheme of a GRPH section. Raises FormatError."""
    reader = SectionReader(content, "graph")
    scheme, output, max_tokens, padding, count = reader.take(GRAPH_HEAD)
    if count > MAX_NODES:
        raise FormatError(f"section graph: {count} operations, expected at most {MAX_NODES}")
    names = tuple(OPERATIONS)
    nodes = []
    for number in range(count):
        code, shared, input_count, attribute_count = reader.take(NODE_HEAD)
        kind = operation_class(named(names, code, f"operation {number}"))
        if input_count > MAX_NODE_INPUTS:
            raise FormatError(f"operation {number} reads {input_count} values, expected at most {MAX_NODE_INPUTS}")
        if attribute_count != len(field_names(kind)):
            raise FormatError(f"operation {number} ({kind.name}) has {attribute_count} attributes, expected "
                              f"{len(field_names(kind))}; upgrade drupelet")  # fmt: skip
        inputs = tuple(reader.take(NUMBER)[0] for _ in range(input_count))
        attributes = [bytes(reader.bytes(NUMBER.size)) for _ in range(attribute_count)]
        try:
            nodes.append(Node(_decoded(kind, attributes), inputs, optional(shared)))
        except FormatError as error:
            raise FormatError(f"operation {number} ({kind.name}): {error}") from error
    reader.finish()
    graph = Graph(
        tuple(nodes), named(OUTPUTS, output, "output"), optional(max_tokens), named(PADDINGS, padding, "padding")
    )
    return graph, named(SCHEMES, scheme, "scheme")


def _encoded(operation: Operation) -> list[bytes]:
    """Four bytes for each attribute."""
    found = []
    for attribute, kind in type(operation).__annotations__.items():
        held = getattr(operation, attribute)
        if kind == "float":
            found.append(FLOAT.pack(held))
        elif kind == "str":
            found.append(NUMBER.pack(operation.choices[attribute].index(held)))
        else:
            found.append(NUMBER.pack(NO_VALUE if held is None else int(held)))
    return found


def _decoded(kind: type[Operation], attributes: list[bytes]) -> Operation:
    fields: dict[str, object] = {}
    for (attribute, annotation), raw in zip(kind.__annotations__.items(), attributes):
        number: int = NUMBER.unpack(raw)[0]
        if annotation == "float":
            fields[attribute] = FLOAT.unpack(raw)[0]
        elif annotation == "str":
            fields[attribute] = named(kind.choices[attribute], number, attribute)
        elif annotation == "bool":
            fields[attribute] = named(("no", "yes"), number, attribute) == "yes"
        elif annotation == "int | None":
            fields[attribute] = optional(number)
        elif number == NO_VALUE:
            raise FormatError(f"{attribute} has no value")
        else:
            fields[attribute] = number
    return kind(**fields)
