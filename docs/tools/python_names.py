"""Sphinx extension: how Python names of Drupelet are shown and checked in the reference of its packages.

A value shows its fields as its signature: those of :class:`drupelet.value.Value` are checked when one is made, not declared.
A docstring may refer to a name that is not public; it is shown without a link, if it exists.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PACKAGES = ("drupelet", "drupelet_export", "drupelet_train")


def setup(app: Sphinx) -> dict[str, Any]:
    """Joins the extension to a build."""
    app.connect("autodoc-process-signature", _value_signature)
    app.connect("missing-reference", _unlinked_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _value_signature(_: Sphinx, what: str, __: str, obj: object, *rest: object) -> tuple[str, None] | None:
    """The fields of a value or dataclass, as its source annotates them; None (Sphinx's own signature) for anything else."""
    if what != "class" or not isinstance(obj, type):
        return None
    if issubclass(obj, tuple):
        return "", None  # nobody but an engine makes one
    if not is_dataclass(obj):
        return None
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=_default(field),
            annotation=_Verbatim(obj.__annotations__[field.name]),
        )
        for field in fields(obj)
        if not field.name.startswith("_")
    ]
    return str(inspect.Signature(parameters)), None


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return _Verbatim("...")
    return inspect.Parameter.empty if field.default is MISSING else field.default


class _Verbatim:
    """A text that a signature shows as it is; :mod:`inspect` would put quotes around a string."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _unlinked_name(_: Sphinx, __: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.Element | None:
    """The text of a reference to a name of ours that exists and has no entry; None (Sphinx warns) when there is none."""
    return content if node.get("refdomain") == "py" and node["reftarget"] in known_names() else None


@cache
def known_names() -> frozenset[str]:
    """Every module of ours and what it defines, each name with its module in front and, as annotations have it, without."""
    names = set()
    for package in PACKAGES:
        (folder,) = (Path(place) for place in import_module(package).__path__)
        for file in folder.rglob("*.py"):
            module = ".".join(file.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
            defined = [name for node in ast.walk(ast.parse(file.read_bytes())) for name in _defined(node)]
            names.update([module, *defined, *(f"{module}.{name}" for name in defined)])
    return frozenset(names)


def _defined(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
