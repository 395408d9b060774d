"""The page on which people try a model: its three files, and the headers that keep everything else out of it."""

from __future__ import annotations

import os

FOLDER = os.path.join(os.path.dirname(__file__), "page_files")
PAGE_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
"""Path -> file beside this module, and its type."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",  # the icon
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Scripts and styles come from this server's own files, data from its routes, and nothing from anywhere else."""

HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-cache"),
)


def page_file(path: str) -> tuple[str, bytes, tuple[tuple[str, str], ...]]:
    """The type, the bytes and the headers of the file at one of the PAGE_FILES."""
    name, content_type = PAGE_FILES[path]
    with open(os.path.join(FOLDER, name), "rb") as file:
        return content_type, file.read(), HEADERS
