"""Keeps foreign libraries from telling their makers what they run, and from marking this machine with an id."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

SWITCHES = {"onnxruntime": ("ORT_DISABLE_TELEMETRY", "disable_telemetry_events")}
"""Of a library that reports to its maker: the variable that it reads once, when it is imported, and the function that stops
what the variable does not.

onnxruntime 1.29 and newer sends names, sizes and hashes of the models that it runs, and keeps an id of the machine in
``~/.cache/Microsoft``. Some builds for Windows do not know the variable, and a program may import onnxruntime before we do.
"""


def forbid(module: str) -> None:
    """Call it before the module is imported. It leaves a variable alone that the user has set, to whatever value."""
    if module in SWITCHES and module not in sys.modules:
        os.environ.setdefault(SWITCHES[module][0], "1")


def stop(module: str, library: Any) -> None:
    """Call it once the module is imported. Does nothing where the user has allowed telemetry: the variable is 0."""
    variable, function = SWITCHES.get(module, ("", ""))
    if variable and os.environ.get(variable) != "0" and hasattr(library, function):
        getattr(library, function)()
