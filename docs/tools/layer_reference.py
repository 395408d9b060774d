"""Writes ``docs/reference/layers.md``: the layers of Keras that compile, and the whole networks that the tests compile.

    python -m docs.tools.layer_reference

The layers come from the table of the reader, with the first line of the module that translates them. The networks are the
functions of ``tests/integration/zoo_of_architectures.py``, with their first lines.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from types import ModuleType

from drupelet_export.reading.layers.table import FAMILIES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/layers.md"
NETWORKS = ROOT / "tests/integration/zoo_of_architectures.py"

HEAD = """\
# Layers and networks

<!-- Written by `make docs-reference` from the tables of the reader and the networks of the tests. Do not edit. -->

A model is any graph of these layers with one input of ids (or one `TextVectorization`) and one output of classes. Branches, layers that
are called twice, and models inside models are part of it. Export refuses every other layer by its name and place.
[Your own Keras model](../guide/your_own_model.md#the-network) says what else it refuses.

A function with an operator of Python (`a + b`, `x[:, -1]`) or of `tf` in an older file is the function of `keras.ops` that it equals.

| what | layers | functions of keras.ops |
|---|---|---|
"""

MIDDLE = """
## Whole networks

The tests rebuild these networks with small layers, and compare each with `model.predict`.

| network | what it is |
|---|---|
"""


def page() -> str:
    """The text of the page. Imports Keras."""
    families = [_family_row(family) for family in sorted(FAMILIES, key=lambda each: each.__name__)]
    networks = [f"| `{name}` | {summary} |\n" for name, summary in _networks()]
    return "".join([HEAD, *families, MIDDLE, *networks])


def _family_row(family: ModuleType) -> str:
    from keras import layers

    kinds = family.table()
    named = sorted(kind.__name__ for kind in kinds if issubclass(kind, layers.Layer))
    functions = sorted(_function_name(kind.__name__) for kind in kinds if not issubclass(kind, layers.Layer))
    summary = (inspect.getdoc(family) or "").partition("\n")[0].rstrip(".").replace("``", "`")
    return f"| {summary} | {_in_code(named)} | {_in_code(functions)} |\n"


def _function_name(kind: str) -> str:
    """``LogSoftmax`` -> ``log_softmax``, as the functions of keras.ops are called."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).removeprefix("_")


def _in_code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _networks() -> list[tuple[str, str]]:
    """The networks of the tests, each with the first line of its docstring, in their order."""
    tree = ast.parse(NETWORKS.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return [(node.name, (ast.get_docstring(node) or "").partition("\n")[0]) for node in functions]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
