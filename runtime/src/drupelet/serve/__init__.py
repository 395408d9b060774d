"""Answers over HTTP: a WSGI application, and the server that runs it (``drupelet serve``).

Nothing else of the runtime imports this room, and only :mod:`drupelet.serve.server` imports waitress.
"""
