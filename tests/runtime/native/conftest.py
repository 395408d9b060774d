"""Fixtures of the C kernel's tests: its tiers, drawn networks, and files that hold given text rules or a given vocabulary."""

import os
from dataclasses import replace

import pytest

from drupelet.text.rules import Split, TextRules
from runtime import networks
from runtime.format_writer import model_file

ROWS = 258
"""Rows of a drawn embedding: enough that a table of 256 scales is worth its bytes."""


try:
    from drupelet import _native

    TIERS, MISSING = _native.tiers(), None
except ImportError as error:
    if "CI" in os.environ:  # there it must be built
        raise
    TIERS, MISSING = {"scalar": "the C kernel is not built"}, error


@pytest.fixture(scope="session")
def native():
    """The module drupelet._native; skips where it is not built."""
    if MISSING is not None:
        pytest.skip(f"the C kernel is not built: {MISSING}")
    return _native


@pytest.fixture(params=TIERS)
def tier(request):
    """Every tier of this build; those that this processor does not run are skipped with what it lacks."""
    if TIERS[request.param] is not None:
        pytest.skip(f"tier {request.param}: {TIERS[request.param]}")
    return request.param


@pytest.fixture(scope="session")
def tiers(native):
    """The tiers of this build that this processor runs."""
    return [name for name, lacks in native.tiers().items() if lacks is None]


@pytest.fixture(scope="session")
def drawn_model():
    """A function that draws a model of these recurrent layers.

    ``dense`` names the activations of the dense layers: the last has ``outputs`` units, each other one 5.
    """

    def draw(layers, *, dense=("linear",), outputs=2, padding="none", **options):
        head = [(activation, 5) for activation in dense[:-1]] + [(dense[-1], outputs)]
        max_tokens = None if padding == "none" else 12
        return networks.drawn_model(layers, rows=ROWS, dense=head, padding=padding, max_tokens=max_tokens, **options)

    return draw


@pytest.fixture(scope="session")
def roomy_model(model):
    """The tiny model with four ids before those of words: room for padding, start, end and unknown words."""
    rows = 4 + len(model.words)
    weights = [0.0] * 2 * model.graph.nodes[0].operation.dim + list(model.weights["embedding.0.table"])
    return replace(model.with_rows(rows).with_weights(embedding__0__table=weights), first_id=4)


@pytest.fixture(scope="session")
def opened_with(native, roomy_model):
    """A function that opens the roomy model with other text rules, on the best tier or on that of a name."""
    return lambda rules, tier=None: native.Model(model_file(roomy_model.with_text_rules(rules)), "tiny", tier)


@pytest.fixture(scope="session")
def opened_of_words(native, model):
    """A function that opens a model of these words, sorted and in UTF-8, whose ids start at ``first_id``.

    Its text rules split at ASCII white space and change nothing else; unknown words are dropped, so ids tell ranks.
    """
    plain = TextRules("plain", (Split("ascii"),))

    def opened(words, first_id=2):
        rows = first_id + len(words)
        described = model.with_text_rules(plain).with_rows(rows)
        described = replace(
            described.with_weights(embedding__0__table=[0] * (4 * rows)), words=tuple(words), first_id=first_id
        )
        return native.Model(model_file(described), "words")

    return opened
