"""The errors of the workstation side, all of them DrupeletErrors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drupelet.errors import DrupeletError

if TYPE_CHECKING:
    from drupelet.verification import Verification


class ModelError(DrupeletError):
    """The Keras model, or what was said about it, cannot be compiled: change the model or the options."""


class EmitError(DrupeletError):
    """A converter wrote something other than what was asked for: a bug of this release or of the converter."""


class ParityError(DrupeletError):
    """The compiled model does not answer like Keras, so the bundle was not written; ``verification`` says where."""

    def __init__(self, message: str, verification: Verification) -> None:
        super().__init__(message)
        self.verification = verification
