"""The quantization schemes of .drupelet files, and the mark of such a file: what is known of it before anything is decoded."""

from __future__ import annotations

SCHEMES = ("f32", "f16", "wi8", "wi4")
"""Weights as float32, float16, int8, or int8 with int4 embedding rows."""

MAGIC = b"\x89DRPLT\r\n"
"""First bytes of the file. One is not ASCII and two are a line end, so that a transfer in text mode damages them visibly."""
