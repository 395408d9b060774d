"""Writes ``bundle-v3/``: a whole bundle in bundle and model format 3, small enough to read in a hex editor.

It was run once, when format 3 was made, and what it wrote stays in the tests for as long as format 3 is read:
``PYTHONPATH=tests python tests/golden/make_bundle_v3.py``. The weights are multiples of 1/16, so that no library can round
them differently.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from drupelet.goldens import Golden, write_goldens
from drupelet.manifest import FileEntry, Manifest, ModelEntry
from drupelet.operations.recurrent import Recurrent
from drupelet.output import probabilities
from drupelet.proof import IDS, IDS_REFERENCE
from drupelet.text.named import ALNUM
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.onnx import emit_onnx
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.tflite import emit_tflite
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.model.evaluator import evaluate_text
from export.chains import cells, chain

WORDS = ("a", "awful", "bad", "boring", "film", "good", "great", "movie", "the", "very", "wonder", "wonderful")
KERAS_ROWS = (
    "the",
    "a",
    None,
    "movie",
    "film",
    "good",
    "very",
    "bad",
    "great",
    "wonderful",
    "awful",
    "boring",
    "wonder",
    None,
)
"""The words of rows 2 to 15 of Keras's embedding, as a vocabulary by falling frequency has them; two rows have no word."""
EMITTERS = {
    "drupelet": lambda model: emit_drupelet(in_rank_order(model)),
    "onnx": emit_onnx,
    "tflite": emit_tflite,
}
TEXTS = {
    "held_out": ("A wonderful film!", "the movie is awful, very BAD", "good", "boring boring<br />boring"),
    "edge": (
        "",
        "qzx",
        "the very good great wonderful film a bad awful boring movie wonder",
        " \u2003\x85",
        "\ud800 bad",
    ),
}


def tiny_model(max_tokens: int = 8) -> ModelDescription:
    """An LSTM of 3 units over 12 words and two labels."""
    generator = np.random.default_rng(64)

    def weights(*shape: int) -> np.ndarray:
        return frozen(generator.integers(-32, 33, shape) / 16)

    shape = Recurrent("lstm", "forward", "none", 3, "tanh", "sigmoid", False, "last")
    cell = cells(shape, {"forward": (weights(4, 12), weights(3, 12), weights(12))})
    sorted_rows = weights(2 + len(WORDS), 4)
    vocabulary = (None, None, *KERAS_ROWS)
    rows = [row if row < 2 else 2 + WORDS.index(word) if word else None for row, word in enumerate(vocabulary)]
    table = frozen([[7.5] * 4 if row is None else sorted_rows[row] for row in rows])
    nodes, tensors = chain(table, [("lstm", shape, cell)], [("head", "linear", weights(3, 2), weights(2))])
    return ModelDescription(
        text_rules=replace(ALNUM, max_tokens=max_tokens, keep="ends", unknown_id=1),
        vocabulary=vocabulary,
        labels=("negative", "positive"),
        nodes=nodes,
        tensors=tensors,
        output="softmax",
        masking="exact",
        padding=None,
    )


def goldens(model: ModelDescription) -> list[Golden]:
    """What the reference evaluator answers, in float64; the true label of a held-out text is the one it gets."""
    rows = []
    for suite, texts in TEXTS.items():
        for text in texts:
            values = probabilities(evaluate_text(model, text).tolist(), model.output)
            label = values.index(max(values)) if suite == "held_out" else None
            rows.append(Golden(suite, ascii(text), text, 1, tuple(model.engine_ids(text)), values, label))
    return rows


def write_bundle(folder: Path, model: ModelDescription, files: dict[str, bytes]) -> None:
    """A bundle of these model files, by format."""

    def write(name: str, content: bytes) -> FileEntry:
        (folder / name).write_bytes(content)
        return FileEntry(name, len(content), hashlib.sha256(content).hexdigest())

    folder.mkdir(parents=True)
    models = [
        ModelEntry(write(f"model.f32.{name}", content), name, "f32", {"opset": 13} if name == "onnx" else {})
        for name, content in files.items()
    ]
    manifest = Manifest(
        name="tiny",
        created_by="make_bundle_v3.py",
        network=model.graph,
        text_rules=model.text_rules,
        labels=model.labels,
        source={"model": "none: the weights are drawn"},
        vocabulary=write("vocabulary.bin", bundle_vocabulary(model)),
        models=tuple(models),
        goldens=write("goldens.jsonl", write_goldens(goldens(model))),
        parity=None,
        report=None,
        verdict="not run",
        proof=IDS,
        reference=IDS_REFERENCE,
        decision=None,
        rejection=None,
    )
    (folder / "manifest.json").write_bytes(manifest.to_json())


if __name__ == "__main__":
    tiny = tiny_model()
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("bundle-v3")
    write_bundle(target, tiny, {name: emit(tiny) for name, emit in EMITTERS.items()})
