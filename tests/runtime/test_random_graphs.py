"""Random graphs: every operation is drawn, and two interpreters that share no code compute the same."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drupelet.model_file import read_model_file
from drupelet.operations.table import OPERATIONS
from drupelet.schemes import SCHEMES
from runtime.format_writer import model_file
from runtime.oracle import oracle_of
from runtime.random_graphs import BUILDERS, batches, graphs, models

LARGEST = 1e3
"""Values beyond this are passed over: float32 says too little about their differences."""


def test_every_operation_can_be_drawn():
    assert list(BUILDERS) == list(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_an_operation_that_is_asked_for_is_there(name, data):
    graph = data.draw(graphs(name))
    assert name in {node.operation.name for node in graph.nodes}
    assert graph.types[-1].kind == "vector"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", OPERATIONS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_the_numpy_engine_answers_like_the_oracle(name, scheme, data):
    pytest.importorskip("numpy")
    from drupelet.engines.numpy_engine import NumpySession, stored_arrays

    model = data.draw(models(name))
    texts = data.draw(batches(model.graph))
    file = read_model_file(model_file(model, scheme))
    oracle = oracle_of(model, scheme)
    magnitudes = [abs(x) for ids in texts for value in oracle.values(ids)[1:] for row in value for x in row]
    assume(all(math.isnan(x) or x < LARGEST for x in magnitudes))
    answers = NumpySession(file.graph, scheme, stored_arrays(file)).run(texts)
    tolerance = 2e-5 * max([1.0, *(x for x in magnitudes if not math.isnan(x))])
    for expected, found in zip(oracle.run(texts), answers):
        assert found == pytest.approx(expected, rel=1e-4, abs=tolerance, nan_ok=True)
