"""Sets the weights of a built model from an HDF5 file, in the layout of Keras 3 (by place) or of .h5 files (by name)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.reading.hdf5_file import Hdf5File
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.layer_classes import RECURRENT
from drupelet_export.reading.model_builder import BuiltLayer
from drupelet_export.reading.older_weights import Array, arranged, stored_count
from drupelet_export.reading.replacement import is_replacement
from drupelet_export.reading.replacement_weights import (
    is_weight,
    legacy_weights,
    matched_by_order,
    matched_by_path,
    placed_weights,
)

LAYER_GROUPS = ("layers", "_layer_checkpoint_dependencies")
"""The groups of a model's layers in the layout of Keras 3; the second is that of Keras 2.12."""
_STORED_AS = {"Model": "Functional", "GroupQueryAttention": "GroupedQueryAttention"}
"""Classes whose groups have the name of another: that which Keras gives the class in its code."""
NEXT_STEP = "next: save the model and its weights together, by model.save()"


def set_placed_weights(parts: Sequence[BuiltLayer], file: Hdf5File, prefix: str = "") -> None:
    """Sets the weights from a file whose groups are the places of the layers. Raises ModelError that names the layer."""
    for part, path in placed_layers(parts, file, prefix):
        if part.layer.replacement is not None:
            _set_given_weights(part, file, path)
            continue
        for names, variables in _slots(part.live):
            group = next(
                (f"{path}{name}vars" for name in names if f"{path}{name}vars" in file), f"{path}{names[0]}vars"
            )
            stored = sorted(file.names(group), key=lambda name: (len(name), name))
            if len(stored) != len(variables):
                raise ModelError(
                    f"{part.layer.where}: the file has {len(stored)} weights in {group!r:.120}, expected "
                    f"{len(variables)}; {NEXT_STEP}"
                )
            for name, variable in zip(stored, variables, strict=True):
                set_weight(part, variable, file.array(f"{group}/{name}"))


def _set_given_weights(part: BuiltLayer, file: Hdf5File, group: str) -> None:
    """Sets the weights of a layer that the user made."""
    arrays = {path: file.array(f"{group}{path}") for path in file.datasets(group) if is_weight(path)}
    stored = {path: array.shape for path, array in arrays.items()}
    given = part.live.drupelet_replacement
    for path, variable in matched_by_path(stored, placed_weights(part.live), part.layer.where, given):
        set_weight(part, variable, arrays[path])


def placed_layers(parts: Sequence[BuiltLayer], file: Hdf5File, prefix: str = "") -> Iterator[tuple[BuiltLayer, str]]:
    """Every layer that is no model with the path of its group, which ends with a slash.

    Keras names a group by the class of the layer, and counts the layers of a class in their order.
    """
    container = next((name for name in LAYER_GROUPS if f"{prefix}{name}" in file), LAYER_GROUPS[0])
    used: Counter[str] = Counter()
    for part in parts:
        if part.layer.is_operation or not part.layer.stored_class:
            continue
        name = _snake_case(_STORED_AS.get(part.layer.stored_class, part.layer.stored_class))
        number = used[name]
        used[name] += 1
        path = f"{prefix}{container}/{name}_{number}/" if number else f"{prefix}{container}/{name}/"
        if part.layer.model is not None:
            yield from placed_layers(part.inner, file, path)
        else:
            yield part, path


def _snake_case(name: str) -> str:
    """``MaxPooling1D`` as ``max_pooling1d``, as Keras writes it."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _slots(live: Any) -> list[tuple[tuple[str, ...], list[Any]]]:
    """The weights of a layer, in the order of Keras, group by group, each with the places that its group may have."""
    kind = type(live).__name__
    if kind == "Bidirectional":
        ways = (("forward_layer", live.forward_layer), ("backward_layer", live.backward_layer))
        return [_under(slot, way) for way, part in ways for slot in _slots(part)]
    if kind == "TimeDistributed":
        return [_under(slot, "layer") for slot in _slots(live.layer)]
    if kind in RECURRENT:
        return [_under(slot, "cell") for slot in _slots(live.cell)]
    if kind == "StackedRNNCells":
        used: Counter[str] = Counter()
        found = []
        for cell in live.cells:
            name = _snake_case(type(cell).__name__)
            place = f"cells/{name}_{used[name]}" if used[name] else f"cells/{name}"
            used[name] += 1
            found += [_under(slot, place) for slot in _slots(cell)]
        return found
    if kind in ("MultiHeadAttention", "GroupedQueryAttention"):
        parts = ("query_dense", "key_dense", "value_dense", "output_dense")
        return [((f"{name}/", f"_{name}/"), list(getattr(live, f"_{name}").weights)) for name in parts]
    return [(("",), list(live.weights))] if live.weights else []


def _under(slot: tuple[tuple[str, ...], list[Any]], place: str) -> tuple[tuple[str, ...], list[Any]]:
    names, variables = slot
    return tuple(f"{place}/{name}" for name in names), variables


def set_named_weights(parts: Sequence[BuiltLayer], file: Hdf5File, root: str, version: KerasVersion) -> None:
    """Sets the weights from a file with a group for each layer, by its name. Raises ModelError that names the layer."""
    backend = file.text(root, "backend") or "tensorflow"
    groups = {}
    for name in file.texts(root, "layer_names") or ():
        path = f"{root}/{name}" if root else name
        stored = file.texts(path, "weight_names") or []
        if stored:
            groups[name] = (path, stored)
    wanted = [
        part for part in parts if any(variables_of(leaf.live) for leaf in part.leaves() if not leaf.layer.is_operation)
    ]
    names = [part.layer.name for part in wanted]
    if not all(name in groups for name in names):
        if len(groups) != len(names):
            missing = next(name for name in names if name not in groups)
            raise ModelError(
                f"{file.where}: has weights for the layers {', '.join(map(repr, groups)) or 'none'!s:.200}, expected some for "
                f"{missing!r:.60} too; {NEXT_STEP}"
            )
        names = list(groups)
    unread = groups.keys() - set(names)
    if unread:
        raise ModelError(
            f"{file.where}: has weights for {sorted(unread)[0]!r:.60}, which the model does not have; {NEXT_STEP}"
        )
    for part, name in zip(wanted, names, strict=True):
        path, stored = groups[name]
        for leaf, places in _shared_out(part, stored, version):
            arrays = [file.array(f"{path}/{stored[place]}") for place in places]
            variables = variables_of(leaf.live)
            values = arranged(leaf.layer, arrays, version, backend)
            if is_replacement(leaf.live):
                own, shapes = [stored[place] for place in places], [array.shape for array in arrays]
                variables = matched_by_order(own, shapes, variables, leaf.layer.where, leaf.live.drupelet_replacement)
            if len(values) != len(variables):
                raise ModelError(
                    f"{leaf.layer.where}: the file has {len(values)} weights, expected {len(variables)}; {NEXT_STEP}"
                )
            for variable, value in zip(variables, values, strict=True):
                set_weight(leaf, variable, value)


def variables_of(live: Any) -> list[Any]:
    """The weights of a layer that is no model, or that the user made, in the order of Keras."""
    if is_replacement(live):
        return legacy_weights(live)
    return [variable for _, variables in _slots(live) for variable in variables]


def _shared_out(part: BuiltLayer, stored: list[str], version: KerasVersion) -> list[tuple[BuiltLayer, list[int]]]:
    """The layers of a group with weights, each with the places of its own in the list of names.

    A nested model has one group. The names say whose a weight is, unless two layers have one name; then their order does: first
    the weights that training changes, layer by layer, then the others.
    """
    leaves = [leaf for leaf in part.leaves() if not leaf.layer.is_operation and variables_of(leaf.live)]
    if len(leaves) == 1 and part.layer.model is None:
        return [(leaves[0], list(range(len(stored))))]
    counts = [stored_count(leaf.layer, len(variables_of(leaf.live)), version) for leaf in leaves]
    if sum(counts) != len(stored):
        raise ModelError(
            f"{part.layer.where}: the file has {len(stored)} weights for it, expected {sum(counts)}; {NEXT_STEP}"
        )
    names = [leaf.layer.name for leaf in leaves]
    by_name: list[list[int]] = [[] for _ in leaves]
    for place, path in enumerate(stored):
        owners = [index for index, name in enumerate(names) if name in path.split("/")]
        if len(owners) == 1:
            by_name[owners[0]].append(place)
    if [len(places) for places in by_name] == counts:
        return list(zip(leaves, by_name, strict=True))
    return list(zip(leaves, _in_order(leaves, counts, part), strict=True))


def _in_order(leaves: list[BuiltLayer], counts: list[int], part: BuiltLayer) -> list[list[int]]:
    trained = _trained(part)
    places: list[list[int]] = [[] for _ in leaves]
    place = 0
    for is_trained in (True, False):
        for index, (leaf, count) in enumerate(zip(leaves, counts, strict=True)):
            fixed = 2 if leaf.layer.class_name == "BatchNormalization" else 0
            own = count - fixed if id(leaf) in trained else 0
            share = own if is_trained else count - own
            places[index] += range(place, place + share)
            place += share
    return places


def _trained(part: BuiltLayer, given: bool = True) -> set[int]:
    """The layers that training changes, by their identity."""
    if part.layer.model is None:
        return {id(part)} if given and part.layer.options.get("trainable", True) else set()
    given = given and part.layer.model.trainable
    return {found for inner in part.inner for found in _trained(inner, given)}


def set_weight(part: BuiltLayer, variable: Any, value: Array) -> None:
    """Sets one weight. Raises ModelError when the file has another shape."""
    next_step = NEXT_STEP
    if part.layer.replacement is not None:
        next_step = f"next: let {part.live.drupelet_replacement} build it in the shape of the file"
    shape = tuple(variable.shape)
    if shape != value.shape:
        raise ModelError(
            f"{part.layer.where}: its weight {variable.name!r:.60} has the shape {value.shape} in the file, expected {shape}; "
            f"{next_step}"
        )
    variable.assign(value)
