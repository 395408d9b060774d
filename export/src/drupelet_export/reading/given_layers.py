"""The layers of a model whose bodies the user gave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet_export.reading.nested_models import operations_of
from drupelet_export.reading.reference_name import reference_name
from drupelet_export.reading.replacement import is_replacement


@dataclass(frozen=True)
class GivenLayer:
    """A layer of the model by its name, and FILE.py:function, the name of the function without the folder of its file."""

    name: str
    function: str

    def sentence(self) -> str:
        """What people and the manifest read of it."""
        return f"The body of layer {self.name!r:.60} was given by the user: {self.function}."


def given_layers(model: Any, where: str) -> tuple[GivenLayer, ...]:
    """Those of a live model, each once, in the order of the model."""
    found = {id(each): each for each in operations_of(model, where) if is_replacement(each)}
    return tuple(GivenLayer(str(each.name), _shown(each.__dict__["drupelet_replacement"])) for each in found.values())


def _shown(given: str) -> str:
    file, _, function = given.rpartition(":")
    return reference_name(f"{Path(file).name}:{function}")
