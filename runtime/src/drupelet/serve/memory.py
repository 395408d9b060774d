"""The memory of a process that swaps models: what an old one took goes back to the system."""

from __future__ import annotations

MMAP_THRESHOLD = -3
"""The parameter M_MMAP_THRESHOLD of glibc's mallopt(3)."""
LARGE_BYTES = 128 << 10
"""Its value before anything was freed."""


def give_back_large_blocks() -> bool:
    """Has glibc give every block of LARGE_BYTES or more back when it is freed; whether there is a glibc that does.

    By itself it takes the size of a model that was freed for the new threshold, and keeps the place of each model from then on:
    ten swaps of a model of 1 MB leave 11 MB. Other C libraries have no such threshold.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(MMAP_THRESHOLD, LARGE_BYTES))
