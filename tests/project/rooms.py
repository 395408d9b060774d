"""The rooms of the distributions and the layers of the C kernel, as the code has them: what docs/architecture.md shows.

``PYTHONPATH=tests python -m project.rooms`` prints, for every row of the page's tables, what the code says it depends on.
"""

from __future__ import annotations

import grimp

from runtime.native import layers

DISTRIBUTIONS = ("drupelet", "drupelet_export", "drupelet_train")
NOTHING = "-"
"""Stands in a table for: depends on nothing."""


def rooms_of(package: str) -> dict[str, list[str]]:
    """Room of a distribution -> the rooms that it imports directly, both as the page names them (``cli/``, ``errors.py``).

    Imports in functions and for type checking count. Modules that only name the package's public names are not rooms.
    """
    graph = grimp.build_graph(package, cache_dir=None)
    rooms = sorted(graph.find_children(package))
    label = {room: f"{room.rpartition('.')[2]}{'/' if graph.find_children(room) else '.py'}" for room in rooms}
    found = {}
    for room in rooms:
        modules = {room, *graph.find_descendants(room)}
        imported = {name for module in modules for name in graph.find_modules_directly_imported_by(module)}
        others = {".".join(name.split(".")[:2]) for name in imported if name.startswith(f"{package}.")} - {room}
        found[label[room]] = sorted(label[other] for other in others)
    return found


def layers_of_kernel() -> dict[str, tuple[list[str], list[str]]]:
    """Layer of the C kernel -> its files, and the layers whose headers they include, from the top down."""
    files = {path.name for path in layers.files_of(layers.CSRC)}
    order = [name for name, _ in layers.LAYERS]
    layer_of = {unit: name for name, units in layers.LAYERS for unit in units}
    uses = layers.find_uses(layers.CSRC, {})
    found = {}
    for name, units in layers.LAYERS:
        own = [file for unit in units for file in (f"{unit}.c", f"{unit}.h") if file in files]
        used = {layer_of[target] for unit, target in (use.arrow for use in uses) if unit in units} - {name}
        found[name] = own, sorted(used, key=order.index)
    return found


def main() -> None:
    """Prints the rooms and layers with what they depend on."""
    for package in DISTRIBUTIONS:
        print(f"{package}:")
        for room, others in rooms_of(package).items():
            print(f"  {room}: {', '.join(others) or NOTHING}")
    print("csrc:")
    for layer, (files, others) in layers_of_kernel().items():
        print(f"  {layer} ({', '.join(files)}): {', '.join(others) or NOTHING}")


if __name__ == "__main__":
    main()
