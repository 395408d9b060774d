"""The errors of exporting a model. All of them are DrupeletErrors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drupelet.errors import MAX_LIST_CHARACTERS, DrupeletError

if TYPE_CHECKING:
    from drupelet.verification import Verification


class ModelError(DrupeletError):
    """The Keras model cannot be compiled, or not with these options: change the model or the options."""


class KerasUnavailableError(DrupeletError):
    """Keras or TensorFlow cannot be loaded on this machine: free memory, or install them again."""


class LibraryMissingError(DrupeletError):
    """A library of an extra is not installed: install the extra."""


class EmitError(DrupeletError):
    """A model file could not be written, or differs from the model: a bug of this release or of a converter."""


class ParityError(DrupeletError):
    """The compiled model does not answer like Keras, or a check of texts and labels failed, so the bundle was not written.

    ``verification`` says where; ``text_checks`` are the :class:`drupelet_export.report.document.TextCheck` of the model.
    """

    shown_characters = MAX_LIST_CHARACTERS

    def __init__(self, message: str, verification: Verification, text_checks: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.verification = verification
        self.text_checks = text_checks
