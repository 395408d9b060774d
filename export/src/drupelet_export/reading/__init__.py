"""Reads what a user has: a saved Keras model, or a run folder, becomes a ModelDescription."""
