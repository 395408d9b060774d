"""The oracle of each operation gives what plain Python gives, in every case of every operation."""

import numpy as np
import pytest

from drupelet.operations.table import OPERATIONS
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.model.oracle.table import ORACLES
from integration.descriptions import described
from runtime.networks import SAMPLES, model_of
from runtime.operation_cases import CASES, TEXTS, padded_ids
from runtime.oracle import oracle_of


def test_every_operation_has_an_oracle():
    assert list(ORACLES) == list(OPERATIONS)


@pytest.mark.parametrize("name", CASES)
def test_both_oracles_agree(name):
    model = model_of(CASES[name])
    texts = [padded_ids(ids) if CASES[name].padded else list(ids) for ids in TEXTS]
    description = described(model)
    with np.errstate(all="ignore"):
        for ids, logits in zip(texts, oracle_of(model).run(texts), strict=True):
            answers = evaluate_ids(description, ids).tolist()
            assert answers == pytest.approx(logits, rel=1e-9, abs=1e-9, nan_ok=True), ids


def test_the_cases_have_every_operation():
    assert {node.operation.name for graph in (*CASES.values(), *SAMPLES.values()) for node in graph.nodes} == set(
        OPERATIONS
    )
