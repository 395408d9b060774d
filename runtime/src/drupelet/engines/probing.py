"""Whether a library that an engine needs is there, without importing it."""

from __future__ import annotations

import importlib.util


def missing_library(module: str, remedy: str) -> str | None:
    """None when the top-level module can be found, otherwise a sentence that says it cannot, and the remedy."""
    if importlib.util.find_spec(module) is not None:
        return None
    return f"the Python module {module} is not installed: {remedy}"
