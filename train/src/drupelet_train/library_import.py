"""Loads what training computes with, or says why that fails: the first thing that fails where there is little memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from drupelet.control_characters import escaped
from drupelet.errors import DrupeletError

LONGEST_REASON = 300
"""Maximum characters of a reason that are shown."""


class LibraryUnavailableError(DrupeletError):
    """Keras, TensorFlow or scikit-learn cannot be loaded on this machine: free memory, or install them again."""


@contextmanager
def libraries_loading() -> Iterator[None]:
    """The block imports Keras, TensorFlow and scikit-learn. Raises LibraryUnavailableError where that fails.

    A library that finds no memory while it is loaded raises whatever it likes: ImportError, SystemError, AttributeError. The
    notices that TensorFlow's C++ code writes to stderr meanwhile are hidden; they are shown if it fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryFile() as written, os.fdopen(os.dup(2), "wb") as stderr:
        os.dup2(written.fileno(), 2)
        try:
            yield
        except Exception as error:  # whatever is raised without memory
            written.seek(0)
            with suppress(OSError):  # full, or nobody reads it
                stderr.write(escaped(written.read().decode(errors="replace")).encode())
                stderr.flush()
            reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            raise LibraryUnavailableError(
                f"Keras, TensorFlow and scikit-learn cannot be loaded ({reason:.{LONGEST_REASON}}); give the process more "
                "memory (ulimit -v unlimited), or install them again: pip install --force-reinstall drupelet-train"
            ) from error
        finally:
            os.dup2(stderr.fileno(), 2)
