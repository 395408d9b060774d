"""Prepares the fixed workload: ``python -m benchmarks.prepare FOLDER``, half a minute, without Keras.

Writes the bundle of the tutorial's network, the texts, the answers of the reference evaluator in float64 before any pass, and
the training file of fastText.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.tutorial_model import tutorial_model
from benchmarks.workload_bundle import write_workload_bundle
from benchmarks.workload_folder import WorkloadFolder, write_lines
from benchmarks.workload_texts import read_workload_texts
from drupelet.output import probabilities
from drupelet.quantization import SMALL_INT8
from drupelet_export.model.evaluator import evaluate_text


def main() -> None:
    """Fills the folder of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder to write the workload to")
    prepare(WorkloadFolder(parser.parse_args().folder))


def prepare(folder: WorkloadFolder) -> None:
    """Writes all files of the workload except fastText's models."""
    folder.path.mkdir(parents=True, exist_ok=True)
    texts = read_workload_texts()
    write_lines(folder.held_out, texts.held_out)
    write_lines(folder.labels, texts.labels)
    write_lines(folder.short, texts.short)
    write_lines(folder.fasttext_training, (f"__label__{label} {words}" for label, words in texts.training))
    model = tutorial_model(texts.words, texts.polarities)
    write_workload_bundle(folder.bundle, model)
    write_workload_bundle(folder.small_bundle, model, (("drupelet", "wi8"),), SMALL_INT8)
    logits = (evaluate_text(model, text).tolist() for text in texts.held_out)
    write_lines(folder.reference, (json.dumps(probabilities(row, model.output)) for row in logits))


if __name__ == "__main__":
    main()
