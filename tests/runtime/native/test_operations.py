"""Every operation in a network: near the oracle, and the same bits on every tier, in every scheme."""

import pytest

from drupelet.schemes import SCHEMES
from runtime.format_writer import model_file
from runtime.networks import model_of
from runtime.operation_cases import CASES, TEXTS, padded_ids
from runtime.oracle import oracle_of
from runtime.rotation import each_with_one

pytestmark = pytest.mark.slow  # the kernel is the same on every Python

TOLERANCES = {"f32": 1e-5, "f16": 1e-5, "wi8": 0.05, "wi4": 0.05}
"""Largest error of a logit, times the largest logit where that is more than 1. Kernels of int8 round what they read too."""


def texts_of(graph):
    return [padded_ids(ids) if graph.padded else ids for ids in TEXTS]


@pytest.mark.parametrize(("name", "scheme"), each_with_one(CASES, SCHEMES))
def test_an_operation_answers_like_the_oracle_on_every_tier(native, tiers, name, scheme):
    model = model_of(CASES[name], spread=0.3, octaves=(-4, -2.5))
    texts = texts_of(model.graph)
    content = model_file(model, scheme)
    runs = {tier: native.Model(content, name, tier).run(texts) for tier in tiers}
    expected = oracle_of(model, scheme).run(texts)
    for found, wanted in zip(runs["scalar"], expected):
        largest = max([1.0, *(abs(x) for x in wanted if x == x)])
        assert found == pytest.approx(wanted, rel=0, abs=TOLERANCES[scheme] * largest, nan_ok=True)
    assert {tier: repr(rows) for tier, rows in runs.items()} == dict.fromkeys(runs, repr(runs["scalar"]))
