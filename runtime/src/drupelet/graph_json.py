"""The graph in a manifest: one JSON object for each node."""

from __future__ import annotations

from drupelet.errors import FormatError
from drupelet.graph import Graph, Node
from drupelet.operations.table import OPERATIONS, operation_class
from drupelet.strict_json import field, only_fields, optional_field
from drupelet.value import field_names

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

KINDS = {"int": int, "bool": bool, "float": float, "str": str}
"""The JSON type of an attribute by its annotation."""


def graph_to_json(graph: Graph) -> dict[str, Any]:
    """The graph as JSON values. An infinite float is the text ``inf``, which JSON cannot hold as a number."""
    nodes = []
    for node in graph.nodes:
        attributes = {name: "inf" if held == float("inf") else held for name, held in vars(node.operation).items()}
        shared = {} if node.weights_of is None else {"weights_of": node.weights_of}
        nodes.append({"operation": node.operation.name, "inputs": list(node.inputs), **shared, **attributes})
    return {"nodes": nodes, "output": graph.output, "max_tokens": graph.max_tokens, "padding": graph.padding}


def graph_from_json(data: Mapping[str, Any], where: str) -> Graph:
    """The graph of a manifest. Raises FormatError, naming ``where``."""
    only_fields(data, field_names(Graph), where)
    nodes = [_node(node, f"{where}.nodes[{number}]") for number, node in enumerate(field(data, "nodes", list, where))]
    return Graph(
        tuple(nodes),
        field(data, "output", str, where),
        optional_field(data, "max_tokens", int, where),
        field(data, "padding", str, where),
    )


def _node(data: Any, where: str) -> Node:
    if not isinstance(data, dict):
        raise FormatError(f"{where}: {data!r}, expected an object")
    name = field(data, "operation", str, where)
    if name not in OPERATIONS:
        raise FormatError(
            f"{where}: an operation {name!r:.60}, this release knows {', '.join(OPERATIONS)}; upgrade drupelet"
        )
    kind = operation_class(name)
    only_fields(data, ("operation", "inputs", "weights_of", *field_names(kind)), where)
    inputs = field(data, "inputs", list, where)
    if not all(type(read) is int for read in inputs):
        raise FormatError(f"{where}: inputs {inputs!r}, expected numbers of values")
    attributes: dict[str, object] = {}
    for name, annotation in kind.__annotations__.items():
        if annotation == "float" and data.get(name) == "inf":
            attributes[name] = float("inf")
        elif annotation == "int | None":
            attributes[name] = optional_field(data, name, int, where)
        else:
            attributes[name] = field(data, name, KINDS[annotation], where)
    shared = field(data, "weights_of", int, where) if "weights_of" in data else None
    try:
        return Node(kind(**attributes), tuple(inputs), shared)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error
