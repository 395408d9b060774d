"""Answers for tables of texts: a callable over columns, and whole files in parts, in one process, in several, or on Ray."""

from __future__ import annotations

from drupelet.bulk.scorer import Scorer

__all__ = ["Scorer"]
