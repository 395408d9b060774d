"""Builds and saves the Keras model."""
