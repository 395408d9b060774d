"""Compile a Keras LSTM text classifier into a drupelet bundle, and judge whether it still answers the same.

The commands are ``drupelet export`` and ``drupelet parity``; :mod:`drupelet_export.exporter` does the work.
"""
