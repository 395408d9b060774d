"""Every network of the zoo is read as Keras computes it: the oracle gives what Keras predicts, of padded and of empty texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drupelet.operations.table import OPERATIONS
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.settlement import Settled
from drupelet_export.reading.text_options import TextOptions
from integration.zoo import LENGTH, ROWS, Network
from integration.zoo_of_architectures import ALL

WORDS = (None, None, *(f"w{number}" for number in range(2, ROWS)))
TEXTS = (
    "w2 w3 w4 w5",
    "w6",
    "",
    "w7 odd w9 w10 w11 w2 w4",
    "w11 w10 w9 w8 w7 w6 w5 w4 w3",
    "odd odd",
    "w2 w2 w11 w11 w5",
)
PASSES_MAKE = {"restore", "strip"}
"""Operations that no reader makes."""


OPERATIONS_SEEN: set[str] = set()
"""The names of the operations of the networks that were read."""


def described(network: Network, model: Any) -> ModelDescription:
    """The description of a network with the words of the zoo."""
    fixed = model.inputs[0].shape[1] is not None
    rules = replace(ALNUM, max_tokens=LENGTH if fixed or network.padding != "none" else None, unknown_id=1)
    settled = Settled(rules, WORDS, None if network.padding == "none" else network.padding, ())
    classes = max(2, model.output_shape[-1])
    return describe_model(model, TextOptions(tuple(f"class {number}" for number in range(classes)), settled), "model")


def ids_of(description: ModelDescription, padding: str) -> Any:
    """The ids of all texts, padded as Keras gets them."""
    ids = [description.ids(text) for text in TEXTS]
    length = description.text_rules.max_tokens or max(map(len, ids))
    fill = [[0] * (length - len(row)) for row in ids]
    return np.array([f + row if padding == "pre" else row + f for row, f in zip(ids, fill, strict=True)], np.int32)


def probabilities(logits: Any, output: str) -> Any:
    """What Keras's last layer makes of logits."""
    if output == "softmax":
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)
    return 1 / (1 + np.exp(-logits)) if output == "sigmoid" else logits


@pytest.mark.parametrize("name", ALL)
def test_the_oracle_answers_as_keras(keras: Any, name: str) -> None:
    network = ALL[name]
    model = network.model()
    description = described(network, model)
    expected = np.asarray(model(ids_of(description, network.padding), training=False))
    logits = np.array([evaluate_text(description, text) for text in TEXTS])
    OPERATIONS_SEEN.update(node.operation.name for node in description.nodes)
    answers = probabilities(logits, description.output)
    np.testing.assert_allclose(answers, expected, atol=1e-5)
    known = ~np.isnan(expected).any(axis=-1)
    assert np.ptp(expected[known], axis=0).max() > 1e-3, "the texts have one answer: the network tests nothing"


def test_the_zoo_has_every_operation(request: pytest.FixtureRequest) -> None:
    if sum(item.name.startswith("test_the_oracle_answers") for item in request.session.items) < len(ALL):
        pytest.skip("needs all networks of the zoo, and some were not selected")
    assert set(OPERATIONS) - PASSES_MAKE == OPERATIONS_SEEN
