"""Writes the bundle of a workload: .drupelet files of several schemes, and ONNX files to compare them with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drupelet.manifest import MANIFEST_FILE, VOCABULARY_FILE, Manifest, ModelEntry
from drupelet.proof import IDS, IDS_REFERENCE
from drupelet.quantization import INT8_MAX
from drupelet_export.bundle.writer import stage_bundle
from drupelet_export.emitters.emission import emit_model
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.model.description import ModelDescription
from drupelet_export.passes import PIPELINE, run_passes, scheme_passes

FILES = (("drupelet", "wi8"), ("drupelet", "f32"), ("drupelet", "wi4"), ("onnx", "f32"), ("onnx", "wi8"))
"""Format and scheme of each model file, in the order of the manifest. The first of a format is its default.

The wi8 ONNX file has the same integers but float32 activations. It shows the effect of rounding only the weights.
"""


def write_workload_bundle(
    folder: Path,
    model: ModelDescription,
    files: Sequence[tuple[str, str]] = FILES,
    weight_range: int = INT8_MAX,
) -> None:
    """Compiles a model, as it was read, into a bundle without goldens. It replaces an older bundle at ``folder``.

    ``weight_range``: the largest magnitude of a recurrent layer's int8 weights, 127 or 63.
    """
    cleaned = run_passes(model, PIPELINE)
    compiled = {
        scheme: run_passes(cleaned, scheme_passes(scheme, weight_range)) for scheme in {scheme for _, scheme in files}
    }
    vocabulary = bundle_vocabulary(cleaned)
    with stage_bundle(folder) as staged:
        models = []
        for file_format, scheme in files:
            content, requires = emit_model(compiled[scheme], scheme, file_format)
            entry = staged.write(f"model.{scheme}.{file_format}", content)
            models.append(ModelEntry(entry, file_format, scheme, requires))
        manifest = Manifest(
            name=folder.name,
            created_by="benchmarks",
            network=cleaned.graph,
            text_rules=cleaned.text_rules,
            labels=cleaned.labels,
            source={"model": "none: the weights follow from a seed"},
            vocabulary=staged.write(VOCABULARY_FILE, vocabulary),
            models=tuple(models),
            goldens=None,
            parity=None,
            report=None,
            verdict="not run",
            proof=IDS,
            reference=IDS_REFERENCE,
            decision=None,
            rejection=None,
        )
        staged.write(MANIFEST_FILE, manifest.to_json())
        staged.publish()
