"""Imports Keras, which imports TensorFlow: the first thing that fails where there is little memory."""

from __future__ import annotations

from typing import Any

from drupelet_export.errors import KerasUnavailableError
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

LONGEST_REASON = 300
"""Maximum characters of a reason that are shown."""


def imported_keras() -> Any:
    """The module keras. Raises KerasUnavailableError where it, or TensorFlow, cannot be loaded.

    A library that finds no memory while it is loaded raises whatever it likes: ImportError, SystemError, AttributeError.
    """
    with tensorflow_log_on_failure():
        try:
            import keras
        except Exception as error:  # whatever is raised without memory
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise KerasUnavailableError(
                f"Keras and TensorFlow cannot be loaded ({reason:.{LONGEST_REASON}}); give the process more memory (ulimit -v "
                "unlimited), or install them again: pip install --force-reinstall tensorflow keras"
            ) from error
    return keras
