"""Compile a bundle into one static executable for a device without Python, or write its sources for another build system.

Data flows one way: bundle -> embedded goldens -> folder of sources -> compiler -> trial -> the executable in its place.
:mod:`drupelet_export.executable.compilation` is the way in. Nothing here imports Keras.
"""
