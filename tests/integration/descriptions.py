"""The networks of the runtime's tests as model descriptions of the compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from drupelet.quantization import grid_scale
from drupelet_export.model.description import CellWeights, DenseLayer, ModelDescription, RecurrentLayer, check, frozen
from runtime.networks import Layer, Model, drawn_model

ROWS = 258
"""Number of embedding rows. With so many, quantization is worth a table of 256 scales."""


def drawn(*layers: Layer, **options: Any) -> Model:
    """A model with its embedding on the grid of int4 rows, so that every scheme quantizes it quickly."""
    model = drawn_model(layers, rows=ROWS, dim=5, units=3, **options)
    random = np.random.default_rng(29)
    table = random.integers(-7, 8, (ROWS, 5))
    table[:, 0] = 7  # the scale of a row follows from its largest value
    scales = np.array([grid_scale(int(step)) for step in random.integers(-64, -24, ROWS)])
    return model.with_weights(embedding=(table * scales[:, None]).ravel().tolist())


def described(model: Model) -> ModelDescription:
    """The model as a description of the compiler."""
    network = model.architecture

    def tensor(name: str, *shape: int) -> np.ndarray:
        return frozen(np.array(model.weights[name]).reshape(shape))

    recurrent = []
    for place, layer in enumerate(network.recurrent):
        columns = layer.units * layer.gates
        bias = (2, columns) if layer.reset_after else (columns,)
        cells = {}
        for way in layer.passes:
            name = f"recurrent.{place}.{way}"
            kernel = tensor(f"{name}.kernel", layer.input_dim, columns)
            recurrent_kernel = tensor(f"{name}.recurrent_kernel", layer.units, columns)
            cells[way] = CellWeights(kernel, recurrent_kernel, tensor(f"{name}.bias", *bias))
        recurrent.append(RecurrentLayer(layer.cell, layer, cells, False))
    dense = tuple(
        DenseLayer(
            "d",
            one.activation,
            tensor(f"dense.{n}.kernel", one.input_dim, one.units),
            tensor(f"dense.{n}.bias", one.units),
        )
        for n, one in enumerate(network.dense)
    )
    description = ModelDescription(
        text_rules=model.text_rules,
        vocabulary=(*[None] * model.first_id, *model.words),
        labels=model.labels,
        embedding=tensor("embedding", network.vocabulary_rows, network.embedding_dim),
        recurrent=tuple(recurrent),
        pooling=network.pooling,
        dense=dense,
        output=network.output,
        masking="none" if network.padded else "exact",
        padding=network.padding if network.padded else None,
        pool_zero_below=network.pool_zero_below,
    )
    check(description)
    assert description.architecture() == network
    return description
