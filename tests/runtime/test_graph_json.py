"""The graph in a manifest: what a reader sees, each field checked, and any JSON at all."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.graph_json import graph_from_json, graph_to_json
from drupelet.operations.activation import Activation
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from drupelet.operations.table import OPERATIONS
from runtime.networks import SAMPLES, chain
from runtime.random_graphs import graphs

GRAPH = chain(Embedding(14, 4), Reduce("max", 8), Activation("bounded_relu", 0.5, math.inf), Dense(2), max_tokens=8)


def written(graph):
    """The graph through the text of JSON."""
    return json.loads(json.dumps(graph_to_json(graph), allow_nan=False))


def test_a_graph_as_a_reader_of_the_manifest_sees_it():
    assert written(GRAPH) == {
        "nodes": [
            {"operation": "embedding", "inputs": [0], "rows": 14, "dim": 4},
            {"operation": "reduce", "inputs": [1], "function": "max", "zero_below": 8},
            {
                "operation": "activation",
                "inputs": [2],
                "function": "bounded_relu",
                "alpha": 0.5,
                "beta": "inf",
                "gamma": 0.0,
            },
            {"operation": "dense", "inputs": [3], "units": 2},
        ],
        "output": "softmax",
        "max_tokens": 8,
        "padding": "none",
    }
    assert written(SAMPLES["shared layer"])["nodes"][3] == {
        "operation": "embedding", "inputs": [3], "weights_of": 0, "rows": 14, "dim": 4
    }  # fmt: skip


@pytest.mark.parametrize("graph", [GRAPH, *SAMPLES.values()], ids=["graph", *SAMPLES])
def test_samples_round_trip(graph):
    assert graph_from_json(written(graph), "here") == graph


@pytest.mark.parametrize("name", OPERATIONS)
@given(data=st.data())
def test_any_graph_round_trips(name, data):
    graph = data.draw(graphs(name))
    assert graph_from_json(written(graph), "here") == graph


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("x",), 1, r"here: unknown fields \['x'\]; upgrade"),
        (("output",), None, r"here: field 'output' is None, expected str"),
        (("output",), "argmax", r"output is 'argmax', expected one of"),
        (("nodes", 0), None, r"here\.nodes\[0\]: None, expected an object"),
        (("nodes", 0, "x"), 1, r"here\.nodes\[0\]: unknown fields \['x'\]"),
        (
            ("nodes", 0, "operation"),
            "pickle",
            r"here\.nodes\[0\]: an operation 'pickle', this release knows embedding, ",
        ),
        (("nodes", 0, "operation"), 1, r"here\.nodes\[0\]: field 'operation' is 1, expected str"),
        (("nodes", 0, "inputs"), 0, r"here\.nodes\[0\]: field 'inputs' is 0, expected list"),
        (("nodes", 0, "inputs"), [False], r"here\.nodes\[0\]: inputs \[False\], expected numbers of values"),
        (("nodes", 0, "inputs"), [0.0], r"here\.nodes\[0\]: inputs \[0\.0\], expected numbers of values"),
        (("nodes", 0, "inputs"), [1], r"operation 0 \(embedding\) reads values \[1\]"),
        (("nodes", 0, "weights_of"), None, r"here\.nodes\[0\]: field 'weights_of' is None, expected int"),
        (("nodes", 0, "weights_of"), 0, r"operation 0 \(embedding\) uses the weights of operation 0"),
        (("nodes", 0, "rows"), True, r"here\.nodes\[0\]: field 'rows' is True, expected int"),
        (("nodes", 0, "rows"), 10**30, r"here\.nodes\[0\]: rows is 1000000000000000000000000000000, expected 0 to"),
        (("nodes", 0, "rows"), -1, r"here\.nodes\[0\]: rows is -1, expected 0 to"),
        (("nodes", 1, "zero_below"), "8", r"here\.nodes\[1\]: field 'zero_below' is '8', expected int"),
        (("nodes", 1, "function"), "mode", r"here\.nodes\[1\]: function is 'mode', expected one of max, average"),
        (("nodes", 2, "alpha"), 1, r"here\.nodes\[2\]: field 'alpha' is 1, expected float"),
        (("nodes", 2, "alpha"), "inf", r"here\.nodes\[2\]: bounded_relu with alpha inf, expected a finite number"),
        (("nodes", 2, "alpha"), 0.1, r"here\.nodes\[2\]: alpha is 0\.1, expected a float32"),
        (("nodes", 2, "alpha"), 1e39, r"here\.nodes\[2\]: alpha is 1e\+39, expected a float32"),
        (("nodes", 2, "beta"), "Infinity", r"here\.nodes\[2\]: field 'beta' is 'Infinity', expected float"),
        (("nodes",), [], r"0 operations, expected 1 to 1024"),
    ],
)
def test_each_field_is_checked(path, value, message):
    document = written(GRAPH)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(FormatError, match=rf"^{message}"):
        graph_from_json(document, "here")


@pytest.mark.parametrize("name", ["inputs", "operation", "rows"])
def test_a_missing_field(name):
    document = written(GRAPH)
    del document["nodes"][0][name]
    with pytest.raises(FormatError, match=rf"^here\.nodes\[0\]: field '{name}' is missing"):
        graph_from_json(document, "here")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from([*OPERATIONS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_any_json_is_a_graph_or_a_named_error(data):
    document = written(data.draw(graphs()))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([document, *(node for node in document["nodes"])]))
        place[data.draw(st.sampled_from([*place]))] = data.draw(JSON)
        if not isinstance(document["nodes"], list) or not all(isinstance(node, dict) for node in document["nodes"]):
            break
    with suppress(FormatError):
        graph_from_json(document, "here")
