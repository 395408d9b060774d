"""Opens a saved Keras model, in any file that Keras ever wrote, and builds it from our own translation of it.

The bytes are read once, translated into a canonical configuration and arrays, and the model is built from these alone. Keras's
own loader never sees the file, and code in a file is never looked up, let alone executed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet_export.keras_import import imported_keras
from drupelet_export.reading.model_builder import build_model
from drupelet_export.reading.replacement import Replacement
from drupelet_export.reading.saved_model_file import read_saved_model
from drupelet_export.reading.source_file import joined_digest
from drupelet_export.tensorflow_log import tensorflow_log_on_failure


@contextmanager
def masks_may_end() -> Iterator[None]:
    """Silences Keras's warning that a layer, such as a convolution or a maximum, ignores its mask.

    What such a layer makes of masked steps is part of Keras's answer, and our files reproduce it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s)Layer .* does not support masking")
        yield


@dataclass(frozen=True)
class OpenedModel:
    """A Keras model, not compiled, and the SHA-256 of all files that it was read from (see :func:`joined_digest`)."""

    model: Any
    sha256: str


def load_keras_model(path: Path, architecture: Path | None = None, replacements: Sequence[Replacement] = ()) -> Any:
    """The Keras model that :func:`open_keras_model` opens."""
    return open_keras_model(path, architecture, replacements).model


@masks_may_end()
def open_keras_model(
    path: Path,
    architecture: Path | None = None,
    replacements: Sequence[Replacement] = (),
    within: Path | None = None,
) -> OpenedModel:
    """Opens the Keras model in a file, which is read once. Raises ModelError, naming the file and the layer.

    ``architecture``: the file of ``model.to_json()`` or ``model.to_yaml()``, for a file that holds weights alone.
    ``replacements``: bodies that the user gives for layers. ``within``: the folder that the file must lie in.
    """
    imported_keras()
    file = read_saved_model(path, architecture, [each.name for each in replacements], within)
    with tensorflow_log_on_failure():
        model, parts = build_model(file.model, file.budget(), file.vocabularies, file.path, replacements)
        file.set_weights(parts)
    given = dict.fromkeys(each.sha256 for each in sorted(replacements, key=lambda each: each.name))
    return OpenedModel(model, joined_digest([*file.digests, *given]))
