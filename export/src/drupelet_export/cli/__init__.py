"""The commands that this distribution adds to ``drupelet``: parse, call the library, print."""
