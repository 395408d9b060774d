"""Random graphs on the C kernel: it answers like the oracle, and its tiers give the same bits."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drupelet.operations.table import OPERATIONS
from drupelet.schemes import SCHEMES
from runtime.format_writer import model_file
from runtime.oracle import oracle_of
from runtime.random_graphs import batches, models

LARGEST = 1e3
"""Values beyond this are passed over: float32 says too little about their differences."""


@pytest.mark.parametrize("scheme", ["f32", "f16"])
@pytest.mark.parametrize("name", OPERATIONS)
@given(st.data())
@settings(max_examples=20, deadline=None)
def test_the_kernel_answers_like_the_oracle(native, name, scheme, data):
    model = data.draw(models(name))
    texts = data.draw(batches(model.graph))
    oracle = oracle_of(model, scheme)
    magnitudes = [abs(x) for ids in texts for value in oracle.values(ids)[1:] for row in value for x in row]
    assume(all(math.isnan(x) or x < LARGEST for x in magnitudes))
    tolerance = 2e-5 * max([1.0, *(x for x in magnitudes if not math.isnan(x))])
    for expected, found in zip(oracle.run(texts), native.Model(model_file(model, scheme), "graph").run(texts)):
        assert found == pytest.approx(expected, rel=1e-4, abs=tolerance, nan_ok=True)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", OPERATIONS)
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_all_tiers_give_the_same_bits(native, tiers, name, scheme, data):
    model = data.draw(models(name))
    texts = data.draw(batches(model.graph))
    content = model_file(model, scheme)
    answers = {tier: repr(native.Model(content, "graph", tier).run(texts)) for tier in tiers}
    assert set(answers.values()) == {answers["scalar"]}
