"""What runs inside the environment of a peer: the standard library, the peer's own library, and nothing else of this project.

Each module has ``load(folder, variant, threads)``. It returns an object with ``prepare``, which turns a text into what the peer
reads and is not timed, ``label`` for one such item, ``labels`` for many, and ``about``. To import a module costs no more than
its library does, because the time to the first label is measured.
"""
