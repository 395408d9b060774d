"""Accuracy and size for vocabularies of several sizes. Each step prunes the vocabulary and answers the held-out texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drupelet.comparison import changed_labels, is_right
from drupelet.decision import decision_for
from drupelet.engines.foreign_library import import_library
from drupelet.engines.onnx_engine import OnnxSession
from drupelet.errors import InputError
from drupelet.output import probabilities
from drupelet_export.compiled import Compiled
from drupelet_export.emitters.emission import emit_model
from drupelet_export.emitters.vocabulary_file import bundle_vocabulary
from drupelet_export.parity.reference_texts import HeldOut
from drupelet_export.report.document import PruningStep

CURVE_ROWS = (500, 1000, 2000, 5000, 10_000)
"""Number of embedding rows in each step. The last step is the whole vocabulary."""
CURVE_SCHEME = "wi8"


def pruning_curve(
    compiled: Compiled,
    held_out: HeldOut,
    reference: Sequence[Sequence[float]],
    count: Callable[[int, int], None] = lambda done, total: None,
) -> list[PruningStep]:
    """A step for each size of the vocabulary. ``size_bytes`` counts the ONNX file and the vocabulary file.

    ``reference`` holds the probabilities of Keras for the held-out texts. A flip is a label other than Keras's. ``count``
    is called with the number of steps that are done and their total. Raises InputError where a text has no single true label.
    """
    onnxruntime = import_library("onnxruntime")

    true_labels = [label for label in held_out.labels if label is not None]
    if len(true_labels) < len(held_out.texts):
        raise InputError(
            "--pruning: the held-out texts have several labels, or none; expected one each, by which accuracies are compared: "
            "leave --pruning out, and measure bundles with drupelet eval"
        )
    whole = len(compiled.read.vocabulary)
    curve = []
    sizes = [*(size for size in CURVE_ROWS if size < whole), whole]
    for rows in sizes:
        model = compiled.pruned(rows, CURVE_SCHEME)
        content, _ = emit_model(model, CURVE_SCHEME, "onnx")
        session = OnnxSession(onnxruntime.InferenceSession(content), model.graph, f"{rows} rows")
        logits = session.run([model.engine_ids(text) for text in held_out.texts])
        answers = [probabilities(row, model.output) for row in logits]
        decision = decision_for(model.graph, model.decision)
        right = sum(is_right(row, label, decision) for row, label in zip(answers, true_labels, strict=True))
        flips = sum(changed_labels(row, answer, decision) for row, answer in zip(reference, answers, strict=True))
        size_bytes = len(content) + len(bundle_vocabulary(model))
        curve.append(
            PruningStep(
                words=sum(map(bool, model.row_of)), size_bytes=size_bytes, accuracy=right / len(answers), flips=flips
            )
        )
        count(len(curve), len(sizes))
    return curve
