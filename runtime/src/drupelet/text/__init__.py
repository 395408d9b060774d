"""From text to words: rules as a list of steps, carried out alike on every machine."""

UNICODE_VERSION = "15.1.0"
"""The version of Unicode that text rules have, whatever version the interpreter has."""
