"""The name of a file or function that gave answers, as a verdict shows it."""

from __future__ import annotations

MAX_NAME_CHARACTERS = 150
"""Longest name; with the words around it, a reference stays within :data:`drupelet.proof.MAX_REFERENCE_CHARACTERS`."""


def reference_name(name: str) -> str:
    """The name in one short line: escaped where it cannot be printed, and with ``...`` in place of the middle of a long one."""
    shown = name if name.isprintable() else ascii(name)[1:-1]
    if len(shown) <= MAX_NAME_CHARACTERS:
        return shown
    kept = (MAX_NAME_CHARACTERS - 3) // 2
    return f"{shown[:kept]}...{shown[-kept:]}"
