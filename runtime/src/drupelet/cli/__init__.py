"""The ``drupelet`` command."""

from __future__ import annotations

from drupelet.cli.main import main

__all__ = ["main"]
