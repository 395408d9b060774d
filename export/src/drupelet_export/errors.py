"""The errors of exporting a model. All of them are DrupeletErrors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drupelet.errors import DrupeletError

if TYPE_CHECKING:
    from drupelet.verification import Verification
    from drupelet_export.report.document import TextCheck


class ModelError(DrupeletError):
    """The Keras model cannot be compiled, or not with these options: change the model or the options."""


class EmitError(DrupeletError):
    """A model file could not be written, or differs from the model: a bug of this release or of a converter."""


class ParityError(DrupeletError):
    """The compiled model does not answer like Keras, or a check of texts and labels failed, so the bundle was not written.

    ``verification`` and ``text_checks`` say where.
    """

    def __init__(self, message: str, verification: Verification, text_checks: tuple[TextCheck, ...] = ()) -> None:
        super().__init__(message)
        self.verification = verification
        self.text_checks = text_checks

    def to_json(self) -> dict[str, Any]:
        """What is known of the bundle that was not written, as a JSON object that is the document of a report."""
        checks = [vars(check) for check in self.text_checks]
        return {**self.verification.to_json(), "text_checks": checks}
