"""Writes what the program of instruction_workloads.c runs on: texts, committed models, and networks drawn from a seed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from drupelet.goldens import read_goldens
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.text.named import ALNUM
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.graph_builder import IDS, GraphBuilder
from drupelet_export.model.quantized import Array
from drupelet_export.passes import SCHEME_PASSES, run_passes

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
IMDB, NANO = ARTIFACTS / "imdb", ARTIFACTS / "imdb-nano"
TEXTS = 10
"""Number of reviews. They are the first goldens of ``imdb``: 15 kB."""
SEED = 4
DIM, UNITS = 50, 64
WORDS = tuple(f"word{number}" for number in range(40))
LARGEST_WEIGHT = 0.3
STEPS = (("lstm", "wi8"), ("gru", "wi8"), ("lstm", "f32"))
"""Cell and scheme of each network whose steps are counted."""


def write_workloads(folder: Path) -> None:
    """Writes every file that the program reads. The same checkout gives the same bytes."""
    shutil.copy(IMDB / "model.wi8.drupelet", folder / "imdb.drupelet")
    shutil.copy(NANO / "model.wi4.drupelet", folder / "imdb-nano.drupelet")
    (folder / "texts.txt").write_bytes("".join(f"{text}\n" for text in reviews()).encode())
    for cell, scheme in STEPS:
        model = run_passes(recurrent_model(cell), SCHEME_PASSES[scheme])
        (folder / f"{cell}_{scheme}.drupelet").write_bytes(emit_drupelet(model, scheme))


def reviews() -> list[str]:
    """The texts, each on one line."""
    goldens = read_goldens((IMDB / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    held_out = [golden.whole_text for golden in goldens if golden.suite == "held_out"][:TEXTS]
    return [" ".join(text.splitlines()) for text in held_out]


def recurrent_model(cell: str) -> ModelDescription:
    """Embedding 50 -> 64 units of a cell, last state -> Dense 1, sigmoid, with random weights."""
    generator = np.random.default_rng(SEED)

    def weights(*shape: int) -> Array:
        return frozen(generator.uniform(-LARGEST_WEIGHT, LARGEST_WEIGHT, shape))

    resets_after = cell == "gru"  # as Keras's default; other GRUs have no int16 cell
    layer = Recurrent(cell, "forward", "none", UNITS, "tanh", "sigmoid", reset_after=resets_after, returns="last")
    width = layer.gates * UNITS
    network = GraphBuilder()
    table = weights(1 + len(WORDS), DIM)
    steps = network.add(Embedding(*table.shape), [IDS], {"table": table}, layer="embedding")
    tensors = {
        "forward.kernel": weights(DIM, width),
        "forward.recurrent_kernel": weights(UNITS, width),
        "forward.bias": weights(*(2, width) if resets_after else (width,)),
    }
    last = network.add(layer, [steps], tensors, layer=cell)
    network.add(Dense(1), [last], {"kernel": weights(UNITS, 1), "bias": weights(1)}, layer="head")
    return ModelDescription(
        text_rules=ALNUM,
        vocabulary=(None, *sorted(WORDS)),
        labels=("negative", "positive"),
        nodes=network.nodes,
        tensors=network.tensors,
        output="sigmoid",
        masking="exact",
        padding=None,
    )
