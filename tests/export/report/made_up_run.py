"""The folder of a run that was never trained."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"

RECORD: Mapping[str, Any] = {
    "schema_version": 1,
    "data": "messages.csv",
    "labels": ["bad", "good", "<b>odd</b>"],
    "best_epoch": 1,
    "training_seconds": 6.75,
    "metrics": {"validation": {"n": 8, "accuracy": 0.875, "loss": 0.45, "interval_95": [0.5, 0.98]}},
    "versions": {"python": "3.11.7"},
    "baselines": [
        {
            "name": "largest class",
            "seconds": 0.1,
            "parts": {
                "validation": {
                    "accuracy": 0.5,
                    "difference": 0.375,
                    "difference_interval_95": [0.1, 0.6],
                    "n": 8,
                }
            },
        }
    ],
    "duplicates": {"training": 4, "contradicting": 1, "validation": 2, "held_out": 3},
}

EVALUATION: Mapping[str, Any] = {
    "schema_version": 1,
    "parts": {
        "validation": {
            "texts": 8,
            "correct": 7,
            "accuracy": 0.875,
            "interval": [0.5, 0.98],
            "largest_class": 0.5,
            "macro_f1": 0.6,
            "classes": [
                {"label": "bad", "texts": 4, "precision": 1.0, "recall": 0.75, "f1": 0.857},
                {"label": "good", "texts": 4, "precision": 0.8, "recall": 1.0, "f1": 0.889},
                {"label": "<b>odd</b>", "texts": 0, "precision": None, "recall": None, "f1": None},
            ],
            "confusions": [{"label": "bad", "answered": "good", "texts": 1}],
            "mistakes": [
                {"line": 3, "text": "<script>x\u202e", "labels": ["bad"], "answered": ["good"], "probability": 0.9}
            ],
            "without_words": 0,
        }
    },
    "learning_curve": {
        "classifier": "TF-IDF regression",
        "points": [],
        "gain_of_last_doubling": 0.021,
        "gain_interval_95": [0.005, 0.04],
    },
}


def made_up_run(folder: Path) -> Path:
    """Writes the run, and returns its folder."""
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(RECORD))
    (folder / "evaluation.json").write_text(json.dumps(EVALUATION))
    (folder / "confusion.png").write_bytes(PNG)
    return folder


def with_change(folder: Path, file: str, place: str, value: object) -> None:
    """Changes what stands at a place of one of the files, such as ``parts.validation.texts``."""
    document = copy.deepcopy(dict(RECORD if file == "run.json" else EVALUATION))
    *path, last = place.split(".")
    found: Any = document
    for name in path:
        found = found[int(name)] if isinstance(found, list) else found[name]
    found[int(last) if isinstance(found, list) else last] = value
    (folder / file).write_text(json.dumps(document))
