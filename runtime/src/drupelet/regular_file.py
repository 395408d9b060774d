"""Opens files that may be anything else by the time they are opened."""

from __future__ import annotations

import os
import stat

from drupelet.errors import FormatError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import BinaryIO


def open_regular_file(path: str, next_step: str) -> BinaryIO:
    """A file, open to be read. Raises FormatError, with the next step, for what is no regular file, and waits for none."""
    # What is checked is what was opened. A pipe without a writer would block where O_NONBLOCK did not forbid it.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FormatError(f"{path}: not a regular file; {next_step}")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
