"""Reads a saved Keras model or a run folder into a ModelDescription."""
