"""The compiler: reads a saved Keras model into a model description, and runs each scheme's passes on it once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from drupelet.proof import IDS, IDS_REFERENCE, TEXT
from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, Pass, run_passes
from drupelet_export.passes.prune_vocabulary import prune_vocabulary
from drupelet_export.reading.keras_file import load_keras_model
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.reference import KerasReference
from drupelet_export.reading.source import Source


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled model: Keras's answers (``reference``), the description as read (``read``) and as compiled (``final``).

    ``is_run``: the model is from a folder of ``drupelet train``.
    """

    model_path: Path
    passes: tuple[Pass, ...]
    reference: KerasReference
    read: ModelDescription
    final: ModelDescription
    is_run: bool = False
    _of_scheme: dict[str, ModelDescription] = field(default_factory=dict, repr=False)

    def scheme(self, name: str) -> ModelDescription:
        """The description after the passes of a scheme, which run once. Raises ModelError that names the pass."""
        if name not in self._of_scheme:
            try:
                self._of_scheme[name] = run_passes(self.final, SCHEME_PASSES[name])
            except ModelError as error:
                raise ModelError(f"{self.model_path}: scheme {name}: {error}") from error
        return self._of_scheme[name]

    def proof(self) -> tuple[str, str]:
        """What an agreement with ``reference`` proves, and who gave the answers (see :mod:`drupelet.proof`)."""
        if self.reference.takes_text:
            return TEXT, "the TextVectorization inside the model"
        if self.is_run:
            return TEXT, "its training run"
        return IDS, IDS_REFERENCE

    def pruned(self, rows: int, name: str) -> ModelDescription:
        """The description after the passes of a scheme, with only the words of the first ``rows`` embedding rows."""
        if rows >= len(self.read.vocabulary):
            return self.scheme(name)
        return run_passes(self.read, (prune_vocabulary(rows), *self.passes, *SCHEME_PASSES[name]))


def compile_source(source: Source, passes: tuple[Pass, ...] = PIPELINE) -> Compiled:
    """Reads the model and runs the passes. Raises ModelError that says which part cannot be compiled, and why."""
    model = load_keras_model(source.model_path)
    read = describe_model(model, source.options, str(source.model_path))
    try:
        final = run_passes(read, passes)
    except ModelError as error:
        raise ModelError(f"{source.model_path}: {error}") from error
    return Compiled(source.model_path, passes, KerasReference(model, read), read, final, source.is_run)
