"""Pins the runtime to the version that is built.

hatchling calls this hook when it builds from a checkout. A source distribution has the dependencies in PKG-INFO, so the hook
is not called there.
"""

from __future__ import annotations

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class PinnedRuntime(MetadataHookInterface):
    """The list ``dependencies`` of the hook's table in pyproject.toml, and ``same-version`` pinned to this version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Sets ``metadata["dependencies"]``; hatchling has set ``metadata["version"]`` already."""
        pinned = [f"{name}=={metadata['version']}" for name in self.config["same-version"]]
        metadata["dependencies"] = [*self.config["dependencies"], *pinned]
