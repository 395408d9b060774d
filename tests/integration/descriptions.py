"""The networks of the runtime's tests as model descriptions of the compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from drupelet.graph import with_rows
from drupelet.quantization import grid_scale
from drupelet_export.model.description import ModelDescription, ModelNode, check, frozen
from runtime.networks import SAMPLES, Layer, Model, drawn_model, model_of
from runtime.operation_cases import CASES

ROWS = 258
"""Number of embedding rows. With so many, quantization is worth a table of 256 scales."""


def drawn(*layers: Layer, **options: Any) -> Model:
    """A model with its embedding on the grid of int4 rows, so that every scheme quantizes it quickly."""
    return on_grid(drawn_model(layers, rows=ROWS, dim=5, units=3, **options))


def on_grid(model: Model) -> Model:
    """The model with its tables on the grid of int4 rows."""
    tables = {}
    for name, shape in model.graph.tensor_shapes().items():
        if name.endswith(".table"):
            random = np.random.default_rng(29)
            table = random.integers(-7, 8, shape)
            table[:, 0] = 7  # the scale of a row follows from its largest value
            scales = np.array([grid_scale(int(step)) for step in random.integers(-64, -24, shape[0])])
            tables[name.replace(".", "__")] = (table * scales[:, None]).ravel().tolist()
    return model.with_weights(**tables)


def described(model: Model) -> ModelDescription:
    """The model as a description of the compiler."""
    graph = model.graph
    tensors = {
        name: frozen(np.array(model.weights[name]).reshape(shape)) for name, shape in graph.tensor_shapes().items()
    }
    description = ModelDescription(
        text_rules=model.text_rules,
        vocabulary=(*[None] * model.first_id, *model.words),
        labels=model.labels,
        nodes=tuple(ModelNode(node.operation, node.inputs, node.weights_of) for node in graph.nodes),
        tensors=tensors,
        output=graph.output,
        masking="none" if graph.padded else "exact",
        padding=graph.padding if graph.padded else None,
    )
    check(description)
    assert description.graph == graph
    return description


GRAPHS = {**SAMPLES, **CASES}


def sample(name: str, rows: int = ROWS) -> Model:
    """A small network: a sample of the runtime's tests, or a case of an operation."""
    return on_grid(model_of(with_rows(GRAPHS[name], rows)))


def samples() -> dict[str, Model]:
    """All of these networks by name."""
    return {name: sample(name) for name in GRAPHS}
