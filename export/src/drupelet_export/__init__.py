"""Compiles a Keras text classifier into a drupelet bundle, and judges whether it still gives the same answers.

:func:`export_bundle` is the whole pipeline; :func:`compile_source` and :func:`run_passes` are its front half, for passes of
your own; :func:`check_parity` judges a bundle again. The commands are ``drupelet export``, ``parity``, ``report`` and
``compile``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drupelet_export.compiled import Compiled, compile_source
    from drupelet_export.errors import EmitError, KerasUnavailableError, ModelError, ParityError
    from drupelet_export.exporter import Export, ExportRequest, export_bundle
    from drupelet_export.model.description import ModelDescription
    from drupelet_export.parity.check import Parity, check_parity
    from drupelet_export.parity.foreign_texts import ForeignTexts, read_foreign_texts
    from drupelet_export.parity.reference_texts import HeldOut, load_held_out
    from drupelet_export.passes import PIPELINE, SCHEME_PASSES, Pass, run_passes
    from drupelet_export.reading.owner_vocabulary import OwnerVocabulary, read_owner_vocabulary
    from drupelet_export.reading.rules_file import read_rules_file
    from drupelet_export.reading.settlement import Settled
    from drupelet_export.reading.source import Source, read_run_folder
    from drupelet_export.reading.text_facts import Given
    from drupelet_export.reading.text_options import TextOptions

_HOMES = {
    "compiled": ("Compiled", "compile_source"),
    "errors": ("EmitError", "KerasUnavailableError", "ModelError", "ParityError"),
    "exporter": ("Export", "ExportRequest", "export_bundle"),
    "model.description": ("ModelDescription",),
    "parity.check": ("Parity", "check_parity"),
    "parity.foreign_texts": ("ForeignTexts", "read_foreign_texts"),
    "parity.reference_texts": ("HeldOut", "load_held_out"),
    "passes": ("PIPELINE", "SCHEME_PASSES", "Pass", "run_passes"),
    "reading.source": ("Source", "read_run_folder"),
    "reading.owner_vocabulary": ("OwnerVocabulary", "read_owner_vocabulary"),
    "reading.rules_file": ("read_rules_file",),
    "reading.settlement": ("Settled",),
    "reading.text_facts": ("Given",),
    "reading.text_options": ("TextOptions",),
}

__all__ = [
    "PIPELINE",
    "SCHEME_PASSES",
    "Compiled",
    "EmitError",
    "Export",
    "ExportRequest",
    "ForeignTexts",
    "Given",
    "HeldOut",
    "KerasUnavailableError",
    "ModelDescription",
    "ModelError",
    "OwnerVocabulary",
    "Parity",
    "ParityError",
    "Pass",
    "Settled",
    "Source",
    "TextOptions",
    "check_parity",
    "compile_source",
    "export_bundle",
    "load_held_out",
    "read_foreign_texts",
    "read_owner_vocabulary",
    "read_rules_file",
    "read_run_folder",
    "run_passes",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used. ``drupelet --help`` imports this package too and must stay fast."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
