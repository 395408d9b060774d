"""Bundles by name: those in the folders where a system or a user keeps data, as XDG's base directory specification has them.

The places, in the order of the search: the folders of ``DRUPELET_PATH``, ``drupelet`` in ``XDG_DATA_HOME`` (``~/.local/share``;
``LOCALAPPDATA`` on Windows) and in each of ``XDG_DATA_DIRS`` (``/usr/local/share``, ``/usr/share``). A relative folder is
none of them: what is found must not depend on where a command is started.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator

PATH_VARIABLE = "DRUPELET_PATH"
FOLDER = "drupelet"
ENDINGS = ("", ".zip", ".drupelet")
"""A name stands for a bundle folder, a .zip of one, or a .drupelet file, in this order."""


def places() -> list[str]:
    """The folders that are searched, whether they exist or not."""
    system = os.environ.get("XDG_DATA_DIRS") or os.pathsep.join(("/usr/local/share", "/usr/share"))
    own = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    data = [own, *(system.split(os.pathsep) if os.name != "nt" else [])]
    given = os.environ.get(PATH_VARIABLE, "").split(os.pathsep)
    found = [*given, *(os.path.join(folder, FOLDER) for folder in data if folder)]
    return [folder for folder in dict.fromkeys(found) if os.path.isabs(folder)]


def named_bundle(name: str) -> str | None:
    """The path of the first bundle of that name; None without one, and for what is no name but a path."""
    if not name or name.startswith(".") or os.path.basename(name) != name:
        return None
    paths = (os.path.join(folder, name + ending) for folder in places() for ending in ENDINGS)
    return next((path for path in paths if os.path.exists(path)), None)


def known_bundles() -> Iterator[tuple[str, str]]:
    """Name and path of each bundle in the places, in the order of the search. A name that stands twice comes twice."""
    for folder in places():
        try:
            entries = sorted(os.listdir(folder))
        except OSError:  # most of the places do not exist
            continue
        for entry in entries:
            path = os.path.join(folder, entry)
            stem, ending = os.path.splitext(entry)
            if entry.startswith("."):
                continue
            if os.path.isdir(path) and os.path.lexists(os.path.join(path, "manifest.json")):
                yield entry, path
            elif ending in ENDINGS[1:] and os.path.isfile(path):
                yield stem, path
