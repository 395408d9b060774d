"""Which weight of a file is which of a layer that the user made: by attributes in the layout of Keras 3, else by order.

Where the names say nothing, a weight is told by its shape if no other has it. Anything else is an error that lists both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drupelet_export.errors import ModelError

Shape = tuple[int, ...]
OWN = "vars"
"""The group of the weights that a layer itself has; those of layers inside it are in groups by their attributes."""
_SEED = "seed_generator"
MAX_WEIGHTS_SHOWN = 12
NEXT_STEP = (
    "next: build the same weights in the same order with add_weight, and layers inside under the names of attributes that the "
    "original has"
)


def legacy_weights(live: Any) -> list[Any]:
    """The weights of a layer in the order of .h5 files and SavedModels: those that training changes first."""
    return [*live.trainable_weights, *live.non_trainable_weights]


def is_weight(path: str) -> bool:
    """Whether a path in a file is that of a weight, and not of the state of a random generator."""
    return _SEED not in path.split("/")


def placed_weights(live: Any) -> dict[str, Any]:
    """The weights of a layer by their paths in the layout of Keras 3, such as ``attention/query_dense/vars/0``."""
    from keras.src.saving.keras_saveable import KerasSaveable
    from keras.src.saving.saving_lib import _walk_saveable

    found: dict[str, Any] = {}
    seen: set[int] = set()

    def walk(part: Any, path: str) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        if isinstance(part, KerasSaveable):
            own = [*getattr(part, "_trainable_variables", ()), *getattr(part, "_non_trainable_variables", ())]
            found.update({f"{path}{OWN}/{number}": variable for number, variable in enumerate(own)})
            for name, child in _walk_saveable(part):
                if isinstance(child, (KerasSaveable, list, dict, tuple)):
                    walk(child, f"{path}{name}/")
            return
        used: dict[str, int] = {}
        for child in part.values() if isinstance(part, dict) else part:
            if isinstance(child, (KerasSaveable, list, dict, tuple)):
                name = _snake_case(type(child).__name__) if isinstance(child, KerasSaveable) else "container"
                number = used.get(name, 0)
                used[name] = number + 1
                walk(child, f"{path}{name}_{number}/" if number else f"{path}{name}/")

    walk(live, "")
    return {path: variable for path, variable in found.items() if is_weight(path)}


def matched_by_path(
    stored: Mapping[str, Shape], variables: Mapping[str, Any], where: str, given: str
) -> list[tuple[str, Any]]:
    """Each path of the file with the weight that it is of. ``given`` names the user's function. Raises ModelError."""
    by_name = {_plain(path): variable for path, variable in variables.items()}
    if {_plain(path) for path in stored} == by_name.keys() and len(by_name) == len(stored):
        return [(path, by_name[_plain(path)]) for path in stored]
    by_shape = {tuple(variable.shape): variable for variable in variables.values()}
    if len(by_shape) == len(variables) == len(stored) and by_shape.keys() == set(stored.values()):
        return [(path, by_shape[shape]) for path, shape in stored.items()]
    built = [(path, tuple(variable.shape)) for path, variable in variables.items()]
    raise ModelError(_unlike(list(stored.items()), built, where, given))


def matched_by_order(
    names: Sequence[str], shapes: Sequence[Shape], variables: Sequence[Any], where: str, given: str
) -> list[Any]:
    """The weights in the order of the names of an .h5 file, by last names where these tell them apart. Raises ModelError."""
    theirs = [variable.name for variable in variables]
    last = [name.rpartition("/")[2].partition(":")[0] for name in names]
    if len(names) != len(variables) or (
        sorted(last) == sorted(theirs) and last != theirs and len(set(last)) < len(last)
    ):
        built = [(variable.path, tuple(variable.shape)) for variable in variables]
        raise ModelError(_unlike(list(zip(names, shapes, strict=True)), built, where, given))
    if sorted(last) == sorted(theirs) and len(set(last)) == len(last):
        named = dict(zip(theirs, variables, strict=True))
        return [named[name] for name in last]
    return list(variables)


def _unlike(stored: Sequence[tuple[str, Shape]], built: Sequence[tuple[str, Shape]], where: str, given: str) -> str:
    return (
        f"{where}: the file has {len(stored)} weights for it ({_shown(stored)}), the layer of {given} has {len(built)} "
        f"({_shown(built)}); expected the same; {NEXT_STEP}"
    )


def _shown(weights: Sequence[tuple[str, Shape]]) -> str:
    shown = [f"{path:.80} {shape}" for path, shape in weights[:MAX_WEIGHTS_SHOWN]]
    return ", ".join([*shown, *(["..."] if len(weights) > len(shown) else [])]) or "none"


def _plain(path: str) -> str:
    """A path without the underscores in front of its parts: releases of Keras differ in which attributes are private."""
    return "/".join(part.lstrip("_") for part in path.split("/"))


def _snake_case(name: str) -> str:
    from keras.src.utils.naming import to_snake_case

    return str(to_snake_case(name))
