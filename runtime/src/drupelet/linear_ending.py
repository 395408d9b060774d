"""Networks whose logits are sums over the ids of a text: what of them has to be known to divide the logits among the ids."""

from __future__ import annotations

from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping

    from drupelet.graph import Graph, Node

STEPWISE = ("dense", "activation", "prelu", "merge", "scale_shift", "normalization")
"""Operations whose steps follow each from the same steps of their inputs."""


class LinearEnding(Value):
    """A dense layer at the end of a graph, and the nodes that make its input of steps, of which each id has one.

    ``dense`` is the number of its node. ``places`` has the numbers of nodes that reduce steps to a vector, or give the last
    state of a recurrent layer, with the place in the dense layer's input where that vector begins.
    """

    dense: int
    places: Mapping[int, int]


def linear_ending(graph: Graph) -> LinearEnding | None:
    """The ending of a graph whose logits are sums over ids; None for any other graph."""
    last = len(graph.nodes) - 1
    dense = graph.nodes[last]
    restores = any(node.operation.name in ("restore", "strip") for node in graph.nodes)
    if graph.output == "probabilities" or restores or dense.operation.name != "dense":
        return None
    places: dict[int, int] = {}
    return LinearEnding(last, places) if _place(graph, _steps_of_ids(graph), dense.inputs[0], 0, places) else None


def _steps_of_ids(graph: Graph) -> set[int]:
    """The values that have a step for each id, in the order of the ids."""
    types = graph.types
    found: set[int] = set()
    for number, node in enumerate(graph.nodes):
        name = node.operation.name
        steps = [read for read in node.inputs if types[read].kind == "steps"]
        first = types[node.inputs[0]]
        if (
            types[number + 1].kind == "steps"
            and name in (*STEPWISE, "embedding", "recurrent", "attention")
            and (steps or name == "embedding")
            and found.issuperset(steps)
            and (first.kind == "vector" or first.length == types[number + 1].length)
        ):
            found.add(number + 1)
    return found


def _place(graph: Graph, steps_of_ids: set[int], value: int, place: int, places: dict[int, int]) -> bool:
    """Places the parts of a value in the dense layer's input; False where one is no sum over ids, or is there twice."""
    if value == 0:
        return False
    node, types = graph.nodes[value - 1], graph.types
    if types[value].kind != "vector":
        return False
    if _is_sum_of_steps(node, steps_of_ids):
        return places.setdefault(value - 1, place) == place
    if node.operation.name != "merge" or vars(node.operation)["function"] != "concat":
        return False
    for read in node.inputs:
        if not _place(graph, steps_of_ids, read, place, places):
            return False
        place += types[read].width
    return True


def _is_sum_of_steps(node: Node, steps_of_ids: set[int]) -> bool:
    if len(node.inputs) != 1 or node.inputs[0] not in steps_of_ids:
        return False
    fields = vars(node.operation)
    is_last_state = (
        node.operation.name == "recurrent" and fields["returns"] == "last" and fields["merge"] in ("none", "concat")
    )
    return node.operation.name == "reduce" or is_last_state
