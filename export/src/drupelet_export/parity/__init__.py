"""Compares Keras with every file on every engine, and explains the differences."""
