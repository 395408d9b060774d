"""Keeps the C++ logs of TensorFlow out of the terminal, unless they explain a failure."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator

from drupelet.control_characters import escaped


@contextlib.contextmanager
def tensorflow_log_on_failure() -> Iterator[None]:
    """Holds back everything that the block writes to file descriptor 2, and shows it only when the block raises."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with tempfile.TemporaryFile() as log:
        stderr = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            with contextlib.suppress(OSError):  # full, or nobody reads it
                os.write(stderr, escaped(log.read().decode(errors="replace")).encode())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            logger.setLevel(level)
