"""Writes a description as the bytes of a model file, and opens each file again to check it."""
