"""Writes a bundle to its destination, completely or not at all."""
