"""Plain values from a model file: JSON, or YAML of Keras before 2.7, of bounded size and depth."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from drupelet_export.errors import ModelError

MAX_CONFIG_BYTES = 1 << 24
"""Maximum bytes of a configuration. Those of the models that ship have 7 kB; a vocabulary of a million words has 12 MB."""
MAX_YAML_BYTES = 1 << 20
"""Maximum bytes of a configuration in YAML, for which PyYAML takes a minute and 300 MB. Those of networks have kilobytes."""
MAX_CONFIG_VALUES = 1 << 21
"""Maximum number of values in a configuration, counted as often as they are reached: YAML may name one value many times. Each
takes some 90 bytes of memory."""
MAX_CONFIG_DEPTH = 100
"""Maximum depth of a configuration. Models nested ten times have a depth of 60."""
MAX_NUMBER = 1 << 31
"""Maximum size of a whole number in the configuration of a layer. No dimension of a text classifier is larger."""

Config = Mapping[str, Any]


def parse_json(content: bytes | str, where: str) -> Any:
    """The value of a JSON text. Raises ModelError for anything else, and for one that is too long or too deep."""
    if len(content) > MAX_CONFIG_BYTES:
        raise ModelError(f"{where}: its configuration has {len(content)} bytes, expected at most {MAX_CONFIG_BYTES}")
    # A value, or an empty list or object, stands behind one of these, if it is not the first.
    if isinstance(content, bytes):
        values = content.count(b",") + content.count(b"[") + content.count(b"{")
    else:
        values = content.count(",") + content.count("[") + content.count("{")
    if values > MAX_CONFIG_VALUES:
        raise _too_many(where)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{where}: not a Keras model: its configuration is not JSON ({error}); save it with model.save()"
        ) from error
    check_size(value, where)
    return value


def parse_yaml(content: bytes, where: str) -> Any:
    """The value of a YAML text as ``model.to_yaml()`` writes it. Raises ModelError for anything else."""
    if len(content) > MAX_YAML_BYTES:
        raise ModelError(
            f"{where}: its configuration in YAML has {len(content)} bytes, expected at most {MAX_YAML_BYTES}; save it with "
            "model.to_json()"
        )
    try:
        yaml: Any = import_module("yaml")  # it has no types
    except ImportError as error:
        raise ModelError(
            f"{where}: YAML is read with PyYAML, which is not installed; next: pip install pyyaml"
        ) from error

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
        """Builds plain values only, and lists from Python's tuples."""

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", lambda loader, node: loader.construct_sequence(node, True))
    Loader.add_constructor("tag:yaml.org,2002:python/unicode", lambda loader, node: loader.construct_scalar(node))
    try:
        value = yaml.load(content, Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = str(error).partition("\n")[0]
        raise ModelError(
            f"{where}: neither JSON nor YAML of plain values ({line}); save it with model.to_json()"
        ) from error
    check_size(value, where)
    return value


def check_size(value: Any, where: str) -> None:
    """Raises ModelError for a value that is nested too deeply, has too many parts, or contains itself."""
    left = MAX_CONFIG_VALUES
    level = [value]
    for _ in range(MAX_CONFIG_DEPTH):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
            if len(deeper) > left:
                raise _too_many(where)
        if not deeper:
            return
        left -= len(deeper)
        level = deeper
    raise ModelError(f"{where}: its configuration is nested too deeply; save it with model.save()")


def _too_many(where: str) -> ModelError:
    return ModelError(f"{where}: its configuration has more than {MAX_CONFIG_VALUES} values; save it with model.save()")


def plain(value: Any, where: str) -> Any:
    """The value with lists as tuples of None, bool, finite numbers and strings. Raises ModelError for anything else."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        if (isinstance(value, float) and not math.isfinite(value)) or (
            isinstance(value, int) and abs(value) > MAX_NUMBER
        ):
            raise ModelError(
                f"{where} is {value!r:.40}, expected a number of at most {MAX_NUMBER}; save the model again"
            )
        return value
    if isinstance(value, list):
        return [plain(item, where) for item in value]
    wrapped = unwrapped(value)
    if wrapped is not value:
        return plain(wrapped, where)
    raise ModelError(f"{where} is {shown(value)}, expected a plain value; code in a model file is never run")


def unwrapped(value: Any) -> Any:
    """The list or number inside what Keras writes for a tuple or a numpy number; any other value as it is."""
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__" and isinstance(value.get("items"), list):
            return value["items"]
        if value.get("class_name") in ("__tuple__", "__numpy__", "__tensor__"):
            inner = value.get("config")
            inner = inner.get("value") if isinstance(inner, dict) else inner
            if isinstance(inner, (list, int, float)):
                return inner
        if value.get("type") == "ndarray" and isinstance(value.get("value"), (list, int, float)):
            return value["value"]  # numpy arrays in configurations of Keras 1 and 2
    return value


def shown(value: Any) -> str:
    """A value as a message shows it: the class and the module of an object, else the value cut short."""
    if isinstance(value, dict) and "class_name" in value:
        name = value.get("registered_name") or value["class_name"]
        return f"{name!r:.60} of {value.get('module')!r:.60}"
    return f"{value!r:.60}"
