"""The version of the runtime."""

__version__ = "0.1.0"
