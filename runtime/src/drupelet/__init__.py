"""Run text classifiers compiled from Keras on a small device, and verify that they answer like Keras.

>>> import drupelet
>>> clf = drupelet.load("artifacts/imdb")
>>> clf("a quiet, wonderful film").label
'positive'
"""

from __future__ import annotations

# Type checkers take the name TYPE_CHECKING for True; Python skips the imports below it. The name could be imported from typing,
# but typing takes half as long to import as Python takes to start (docs/decisions/0009). So the modules that the first answer
# needs define the name themselves.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from drupelet.availability import EngineStatus, engines
    from drupelet.bundle import Bundle, open_bundle
    from drupelet.classifier import Classifier, load
    from drupelet.errors import (
        BundleReplacedError,
        DrupeletError,
        EngineUnavailableError,
        FormatError,
        InputError,
        IntegrityError,
        OutOfMemoryError,
        SignatureError,
        VersionError,
    )
    from drupelet.prediction import Prediction
    from drupelet.verification import Verification, verify
    from drupelet.version import __version__

__all__ = [
    "Bundle",
    "BundleReplacedError",
    "Classifier",
    "DrupeletError",
    "EngineStatus",
    "EngineUnavailableError",
    "FormatError",
    "InputError",
    "IntegrityError",
    "OutOfMemoryError",
    "Prediction",
    "SignatureError",
    "Verification",
    "VersionError",
    "__version__",
    "engines",
    "load",
    "open_bundle",
    "verify",
]

if not TYPE_CHECKING:
    import drupelet.engines

    # That import bound the name of the package here, and will not do so again: the name is now free for the public function.
    del drupelet.engines

    _MODULES = {
        "availability": ("EngineStatus", "engines"),
        "bundle": ("Bundle", "open_bundle"),
        "classifier": ("Classifier", "load"),
        "errors": (
            "BundleReplacedError", "DrupeletError", "EngineUnavailableError", "FormatError", "InputError", "IntegrityError",
            "OutOfMemoryError", "SignatureError", "VersionError",
        ),
        "prediction": ("Prediction",),
        "verification": ("Verification", "verify"),
        "version": ("__version__",),
    }  # fmt: skip
    """Public names by the module that has them. A module is imported when one of its names is first used."""

    def __getattr__(name):
        for module, names in _MODULES.items():
            if name in names:
                globals()[name] = getattr(__import__(f"drupelet.{module}", fromlist=[name]), name)
                return globals()[name]
        raise AttributeError(f"module 'drupelet' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
