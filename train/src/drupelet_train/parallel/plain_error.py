"""Errors as one process can send them to another."""

from __future__ import annotations

import pickle  # what one process of ours hands to another


def plain_error(error: Exception) -> Exception:
    """The error without its cause, or what can be said of it where it cannot be sent."""
    error.__cause__ = error.__context__ = None
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever pickle finds wrong with it
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
