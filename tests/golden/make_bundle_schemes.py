"""Writes ``bundle-schemes/``: a small network in every scheme and format, so that each can be compared between processors.

``PYTHONPATH=tests python tests/golden/make_bundle_schemes.py``. The embedding lies on int4's grid, so that no scheme costs more
than rounding does; goldens are what the reference evaluator answers in float64.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from pathlib import Path

import numpy as np

from device.networks import PLAIN_WORDS, Layer, Network, on_int4_grid, random_model
from drupelet.goldens import Golden, write_goldens
from drupelet.manifest import FORMATS, FileEntry, Manifest, ModelEntry
from drupelet.output import probabilities
from drupelet.proof import IDS, IDS_REFERENCE
from drupelet_export.emitters.emission import emit_model
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.model.description import ModelDescription
from drupelet_export.model.evaluator import evaluate_text
from drupelet_export.passes import SCHEME_PASSES

NETWORK = Network(
    (Layer("lstm bidirectional", 11, merge="concat"), Layer("gru forward", 6, reset_after=True)), weight=0.7
)
SAMPLED_TEXTS = 40
ODD_TEXTS = ("", "qzx", " \u2003\x85", "\ud800 aar", "COLD<br />aar, qzx!")


def golden_texts() -> dict[str, list[str]]:
    """Texts of words drawn from the vocabulary, of 1 to 40 words, and odd ones."""
    generator = np.random.default_rng(5)
    sampled = [" ".join(generator.choice(PLAIN_WORDS, 1 + length)) for length in range(SAMPLED_TEXTS)]
    return {"sampled": sampled, "edge": list(ODD_TEXTS)}


def goldens(model: ModelDescription) -> list[Golden]:
    """What the reference evaluator answers for every text."""
    return [
        Golden(
            suite,
            ascii(text[:30]),
            text,
            1,
            tuple(model.engine_ids(text)),
            probabilities(evaluate_text(model, text).tolist(), model.output),
            None,
        )
        for suite, texts in golden_texts().items()
        for text in texts
    ]


def write_bundle(folder: Path) -> None:
    """The bundle, into a folder that is not there yet."""
    folder.mkdir(parents=True)

    def write(name: str, content: bytes) -> FileEntry:
        (folder / name).write_bytes(content)
        return FileEntry(name, len(content), hashlib.sha256(content).hexdigest())

    model = on_int4_grid(random_model(NETWORK))
    vocabulary = bundle_vocabulary(model)
    models = []
    for scheme, passes in SCHEME_PASSES.items():
        small = functools.reduce(lambda so_far, one: one.apply(so_far), passes, model)
        for file_format in FORMATS:
            content, requires = emit_model(small, scheme, file_format)
            name = f"model.{scheme}.{file_format}"
            models.append(ModelEntry(write(name, content), file_format, scheme, requires))
    manifest = Manifest(
        name="schemes",
        created_by="make_bundle_schemes.py",
        network=model.graph,
        text_rules=model.text_rules,
        labels=model.labels,
        source={"model": "none: the weights are drawn"},
        vocabulary=write("vocabulary.bin", vocabulary),
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
    write_bundle(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("bundle-schemes"))
