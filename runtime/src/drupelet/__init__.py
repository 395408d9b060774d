"""Run LSTM text classifiers compiled from Keras on a small device, and verify that they answer like Keras.

>>> import drupelet
>>> clf = drupelet.load("artifacts/imdb")
>>> clf("a quiet, wonderful film").label
'positive'
"""

from __future__ import annotations

from drupelet.bundle import Bundle, open_bundle
from drupelet.classifier import Classifier, EngineStatus, Prediction, engines, load
from drupelet.errors import (
    DrupeletError,
    EngineUnavailableError,
    FormatError,
    InputError,
    IntegrityError,
    VersionError,
)
from drupelet.verification import Verification, verify
from drupelet.version import __version__

__all__ = [
    "Bundle",
    "Classifier",
    "DrupeletError",
    "EngineStatus",
    "EngineUnavailableError",
    "FormatError",
    "InputError",
    "IntegrityError",
    "Prediction",
    "Verification",
    "VersionError",
    "__version__",
    "engines",
    "load",
    "open_bundle",
    "verify",
]
