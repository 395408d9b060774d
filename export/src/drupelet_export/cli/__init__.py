"""The commands that join ``drupelet``: parse, call the library, print."""
