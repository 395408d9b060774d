"""Translates the layers of a Keras model to nodes of a graph: one small module for each family of layers."""
