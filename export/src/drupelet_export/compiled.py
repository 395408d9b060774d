"""The compiler: reads a saved Keras model into a model description, and runs each scheme's passes on it once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from drupelet.decision import Decision
from drupelet.proof import IDS, IDS_REFERENCE, TEXT, given_bodies
from drupelet.quantization import INT8_MAX
from drupelet_export.errors import ModelError
from drupelet_export.model.description import ModelDescription, check
from drupelet_export.passes import PIPELINE, Pass, run_passes, scheme_passes
from drupelet_export.passes.exact_length import exact_length
from drupelet_export.passes.prune_vocabulary import prune_vocabulary
from drupelet_export.reading.given_layers import GivenLayer, given_layers
from drupelet_export.reading.keras_file import open_keras_model
from drupelet_export.reading.keras_reader import describe_model, settle_text
from drupelet_export.reading.reference import KerasReference
from drupelet_export.reading.source import Source


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled model: Keras's answers (``reference``), the description as read (``read``) and as compiled (``final``).

    ``sha256`` is that of all files which the model was read from. ``findings``: sentences on how texts become ids and what
    settled it. ``is_run``: the model is from a folder of ``drupelet train``. ``given``: the layers whose bodies the user gave.
    ``weight_range``: the largest magnitude of a recurrent layer's int8 weights.
    """

    model_path: Path
    sha256: str
    passes: tuple[Pass, ...]
    reference: KerasReference
    read: ModelDescription
    final: ModelDescription
    findings: tuple[str, ...] = ()
    is_run: bool = False
    given: tuple[GivenLayer, ...] = ()
    weight_range: int = INT8_MAX
    _of_scheme: dict[str, ModelDescription] = field(default_factory=dict, repr=False)

    @cached_property
    def lengths(self) -> tuple[str, ...]:
        """Sentences on the steps that layers compute: the tokens of a text alone, or padding too; and why."""
        return tuple(exact_length(self.read)[1])

    def scheme(self, name: str) -> ModelDescription:
        """The description after the passes of a scheme, which run once. Raises ModelError that names the pass."""
        if name not in self._of_scheme:
            try:
                self._of_scheme[name] = run_passes(self.final, scheme_passes(name, self.weight_range))
            except ModelError as error:
                raise ModelError(f"{self.model_path}: scheme {name}: {error}") from error
        return self._of_scheme[name]

    def with_decision(self, decision: Decision | None) -> Compiled:
        """The same model with another decision. Raises ModelError where it does not fit."""
        read, final = (replace(model, decision=decision) for model in (self.read, self.final))
        check(final)
        return replace(self, read=read, final=final, _of_scheme={})

    def proof(self) -> tuple[str, str]:
        """What an agreement with ``reference`` proves, and who gave the answers (see :mod:`drupelet.proof`)."""
        proof, reference = IDS, IDS_REFERENCE
        if self.reference.takes_text:
            proof, reference = TEXT, "the TextVectorization inside the model"
        elif self.is_run:
            proof, reference = TEXT, "its training run"
        return proof, reference + given_bodies([layer.name for layer in self.given])

    def pruned(self, rows: int, name: str) -> ModelDescription:
        """The description after the passes of a scheme, with only the words of the first ``rows`` embedding rows."""
        if rows >= len(self.read.vocabulary):
            return self.scheme(name)
        return run_passes(self.read, (prune_vocabulary(rows), *self.passes, *scheme_passes(name, self.weight_range)))


def compile_source(
    source: Source,
    passes: tuple[Pass, ...] = PIPELINE,
    samples: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    weight_range: int = INT8_MAX,
) -> Compiled:
    """Reads the model and runs the passes. ``samples`` are texts of its data, for the examples of a question. ``progress`` is
    called with a line for each step. ``weight_range`` as :class:`Compiled` has it.

    Raises ModelError that says which part cannot be compiled, and why; OpenQuestionError where what is known can mean more
    than one way from texts to ids.
    """
    progress("starting Keras and TensorFlow")
    within = source.model_path.parent if source.is_run else None
    opened = open_keras_model(source.model_path, source.architecture, source.replacements, within)
    model = opened.model
    progress("running the passes")
    where = str(source.model_path)
    settled = settle_text(model, source.options, where, samples)
    read = describe_model(model, replace(source.options, text=settled), where)
    try:
        final = run_passes(read, passes)
    except ModelError as error:
        raise ModelError(f"{source.model_path}: {error}") from error
    return Compiled(
        source.model_path,
        opened.sha256,
        passes,
        KerasReference(model, read),
        read,
        final,
        settled.findings,
        source.is_run,
        given_layers(model, where),
        weight_range,
    )
