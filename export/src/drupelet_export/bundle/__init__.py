"""Puts a bundle in its place, whole or not at all."""
