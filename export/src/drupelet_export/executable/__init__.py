"""Builds a bundle into one static executable for a device without Python, or writes its sources for another build system.

Data flows one way: bundle -> embedded goldens -> folder of sources -> C compiler -> self-check -> executable.
:mod:`drupelet_export.executable.build` is the entry point. Nothing here imports Keras.
"""
