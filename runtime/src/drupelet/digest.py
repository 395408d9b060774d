"""SHA-256 of the files of a bundle."""

from __future__ import annotations

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

LIBRARY = ("_sha2", "_sha256", "hashlib")
"""Modules of Python that have SHA-256, for where the kernel was not built, in the order in which they are tried: Python's own
since 3.12, its own before, then hashlib, which loads OpenSSL: 3 ms and 3.8 MB."""


def sha256_hex(content: bytes) -> str:
    """The SHA-256 of these bytes as 64 lower-case hexadecimal digits."""
    try:
        from drupelet._native import sha256
    except ImportError:
        digest: str = _library().sha256(content).hexdigest()
        return digest
    return sha256(content)


def _library() -> Any:
    for name in LIBRARY[:-1]:
        try:
            return __import__(name)
        except ImportError:
            pass
    return __import__(LIBRARY[-1])
