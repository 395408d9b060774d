"""Descriptions of the networks of tests/runtime/operation_cases.py, and of any other graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drupelet.text.named import NAMED_RULES
from drupelet_export.model.description import ModelDescription, ModelNode, check, frozen
from runtime.operation_cases import CASES, padded_ids, random_tensors


def described(graph, tensors):
    """The description of a graph of operation_cases, or like them: all ids but 0 are words."""
    rows = graph.vocabulary_rows
    model = ModelDescription(
        text_rules=replace(NAMED_RULES["words"], max_tokens=graph.max_tokens),
        vocabulary=(None, *(f"w{row}" for row in range(1, rows))),
        labels=tuple(f"label{k}" for k in range(graph.class_count)),
        nodes=tuple(ModelNode(node.operation, node.inputs, node.weights_of) for node in graph.nodes),
        tensors={name: frozen(np.array(numbers, np.float32)) for name, numbers in tensors.items()},
        output=graph.output,
        masking="none" if graph.padded else "exact",
        padding=graph.padding if graph.padded else None,
    )
    check(model)
    return model


def case_model(name, seed=0, scale=0.5):
    """The description of a case."""
    graph = CASES[name]
    return described(graph, random_tensors(graph, seed, scale))


def engine_ids(model, ids):
    """The ids of a text as an engine gets them."""
    return padded_ids(ids) if model.masking == "none" else list(ids)
