"""Every network of the zoo answers as Keras predicts it: the oracle, and every engine in every scheme.

``make test`` asks the engines whose files are written in no time for one network in four, and the rest for some; ``make
test-long`` asks all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from drupelet.operations.table import OPERATIONS
from drupelet.output import probabilities
from drupelet_export.model.evaluator import evaluate_text
from integration.zoo_engines import QUICK, TEXTS, Asked, ask
from integration.zoo_of_architectures import ALL, ARCHITECTURES
from runtime.rotation import each_with_one, every_nth

PASSES_MAKE = {"restore", "strip"}
"""Operations that no reader makes."""
FEWEST_NETWORKS = 80
QUICK_SCHEMES = ("f32", "wi8", "f16")
EVERY = 16
"""``make test`` asks one in so many networks what takes long: a TFLite file, and rows rounded to int4."""
SOME = [*ALL][::EVERY]
OTHERS = [name for name in ALL if name not in SOME]
OTHER_ARCHITECTURES = [build.__name__ for build in ARCHITECTURES if build.__name__ not in SOME]


OPERATIONS_SEEN: set[str] = set()
"""The names of the operations of the networks that were read."""


@pytest.fixture(scope="module")
def asked(request: pytest.FixtureRequest, keras: Any) -> Asked:
    """The network of that name, which Keras answers once for all tests of a network."""
    return ask(request.param)


def failures(asked: Asked, schemes: tuple[str, ...], engines: tuple[str, ...]) -> list[str]:
    """What the gates of the schemes say of the engines: nothing where all is well."""
    return [
        f"{scheme} on {engine}: {failure}"
        for scheme in schemes
        for engine in engines
        for failure in asked.compared(scheme, engine).failures
    ]


def test_the_zoo_is_large() -> None:
    assert len(ALL) >= FEWEST_NETWORKS
    assert len(ARCHITECTURES) >= 20


@pytest.mark.parametrize("asked", ALL, indirect=True)
def test_the_oracle_answers_as_keras(asked: Asked) -> None:
    model = asked.read
    answers = np.array([probabilities(evaluate_text(model, text), model.output) for text in TEXTS])
    OPERATIONS_SEEN.update(node.operation.name for node in model.nodes)
    expected = np.array(asked.expected)
    np.testing.assert_allclose(answers, expected, atol=1e-5)
    known = ~np.isnan(expected).any(axis=-1)
    assert np.ptp(expected[known], axis=0).max() > 1e-3, "the texts have one answer: the network tests nothing"


@pytest.mark.parametrize(("asked", "scheme"), every_nth(4, each_with_one(ALL, QUICK_SCHEMES)), indirect=["asked"])
def test_every_engine_answers_as_keras(asked: Asked, scheme: str) -> None:
    assert failures(asked, (scheme,), QUICK) == []


@pytest.mark.parametrize("asked", SOME, indirect=True)
def test_a_file_of_tflite_and_rows_of_int4_answer_as_keras(asked: Asked) -> None:
    assert failures(asked, ("f32",), ("litert",)) + failures(asked, ("wi4",), QUICK) == []


@pytest.mark.long
@pytest.mark.parametrize("asked", OTHERS, indirect=True)
def test_every_network_in_tflite_and_in_int4(asked: Asked) -> None:
    assert failures(asked, ("f32",), ("litert",)) + failures(asked, ("wi4",), QUICK) == []


@pytest.mark.long
@pytest.mark.parametrize("asked", OTHER_ARCHITECTURES, indirect=True)
def test_every_architecture_in_every_scheme_in_tflite(asked: Asked) -> None:
    assert failures(asked, ("f16", "wi8", "wi4"), ("litert",)) == []


def test_the_zoo_has_every_operation(request: pytest.FixtureRequest) -> None:
    if sum(item.name.startswith("test_the_oracle_answers") for item in request.session.items) < len(ALL):
        pytest.skip("needs all networks of the zoo, and some were not selected")
    assert set(OPERATIONS) - PASSES_MAKE == OPERATIONS_SEEN


def test_a_wrong_answer_is_found(keras: Any) -> None:
    asked = ask("fast_text")
    moved = Asked(asked.read, [(p + 2e-5, q - 2e-5) for p, q in asked.expected], {}, {})
    assert failures(moved, ("f32",), ("numpy",)) == ["f32 on numpy: a probability is off by 2e-05, allowed 1e-05"]
