"""What the tests of the C kernel share: its tiers, drawn networks, and files that hold a given tokenizer or vocabulary."""

import os
from dataclasses import replace

import numpy as np
import pytest

from drupelet.architecture import Recurrent
from drupelet.quantization import grid_scale
from drupelet.tokenizer import ALNUM
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.vocabulary_file import emit_vocabulary
from drupelet_export.model.description import CellWeights, DenseLayer, RecurrentLayer, check, frozen
from drupelet_export.passes import SCHEME_PASSES, run_passes
from golden.make_bundle_v1 import vocabulary

ROWS = 258
"""Rows of a drawn embedding: enough that a table of 256 scales is worth its bytes."""


def kernel():
    """The extension. Where CI is set it must be there; elsewhere its absence skips, with the reason."""
    try:
        from drupelet import _native
    except ImportError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"the C kernel is not built: {error}", allow_module_level=True)
    return _native


TIERS = kernel().tiers()


@pytest.fixture(scope="session")
def native():
    """The module drupelet._native."""
    return kernel()


@pytest.fixture(params=TIERS)
def tier(request):
    """Every tier of this build; those that this processor does not run are skipped with what it lacks."""
    if TIERS[request.param] is not None:
        pytest.skip(f"tier {request.param}: {TIERS[request.param]}")
    return request.param


@pytest.fixture(scope="session")
def drawn_model(model):
    """A function that draws a model of these recurrent layers: (cell, direction, merge, activation, gate, reset_after).

    The embedding lies on the grid of int4 rows, so that every scheme stores it quickly.
    """

    def draw(layers, *, dim=5, units=4, pooling="last", dense=("linear",), outputs=2, output="softmax", padding=None):
        random = np.random.default_rng(29)

        def weights(*shape, scale=0.5):
            return frozen(random.normal(0, scale, shape))

        recurrent, width = [], dim
        for cell, direction, merge, activation, gate, reset_after in layers:
            shape = Recurrent(cell, direction, merge, width, units, activation, gate, reset_after)
            columns = units * shape.gates
            bias = (2, columns) if reset_after else (columns,)
            near = 0.4 / np.sqrt(units)  # states neither die out nor, where nothing bounds them, explode
            cells = {
                way: CellWeights(weights(width, columns), weights(units, columns, scale=near), weights(*bias))
                for way in shape.passes
            }
            recurrent.append(RecurrentLayer(cell, shape, cells, False))
            width = shape.output_dim
        table = random.integers(-7, 8, (ROWS, dim))
        table[:, 0] = 7  # the largest of a row is what its scale is chosen for
        scales = np.array([grid_scale(int(step)) for step in random.integers(-64, -24, ROWS)], np.float32)
        head = []
        for activation in dense:
            units_after = outputs if len(head) == len(dense) - 1 else 5
            head.append(DenseLayer("d", activation, weights(width, units_after), weights(units_after)))
            width = units_after
        described = replace(
            model,
            tokenizer=replace(ALNUM, max_tokens=12 if padding else None, unknown_id=1),
            vocabulary=(None, None, *(f"w{number:03}" for number in range(ROWS - 2))),
            labels=tuple(f"label{number}" for number in range(max(2, outputs))),
            embedding=frozen(table.astype(np.float32) * scales[:, None]),
            recurrent=tuple(recurrent),
            pooling=pooling,
            dense=tuple(head),
            output=output,
            masking="none" if padding else "exact",
            padding=padding,
        )
        check(described)
        return described

    return draw


@pytest.fixture(scope="session")
def file_of():
    """A function that makes the .drupelet file of a model under a scheme."""
    return lambda described, scheme: emit_drupelet(
        run_passes(described, SCHEME_PASSES[scheme]), vocabulary(described), scheme
    )


@pytest.fixture(scope="session")
def opened_with(native, model):
    """A function that opens the tiny model with another tokenizer."""

    def opened(tokenizer):
        described = replace(model, tokenizer=tokenizer)
        return native.Model(emit_drupelet(described, vocabulary(described)), "tiny")

    return opened


@pytest.fixture(scope="session")
def opened_of_words(native, model):
    """A function that opens a model of these words, sorted and in UTF-8, whose ids start at ``first_id``.

    Its tokenizer cuts at spaces and changes nothing else; unknown words are dropped, so ids tell ranks.
    """
    plain = replace(ALNUM, name="plain", lowercase="none", kept="all_but", characters="", split="ascii",
                    replacements=(), max_tokens=None, unknown_id=None)  # fmt: skip

    def opened(words, first_id=2):
        rows = first_id + len(words)
        described = replace(
            model,
            tokenizer=plain,
            vocabulary=(*[None] * first_id, *words),
            embedding=frozen(np.zeros((rows, 4))),
        )
        return native.Model(emit_drupelet(described, emit_vocabulary(words, first_id)), "words")

    return opened
