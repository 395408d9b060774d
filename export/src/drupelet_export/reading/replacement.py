"""The user's own body of a layer that Keras does not know, named by ``--replace NAME=FILE.py:function``.

The function gets the configuration of the layer, and returns a layer whose ``call`` is made of Keras's layers and keras.ops, or
a function of the layer's inputs. Or the user names a class of layers: it is made from the configuration. It runs on the
workstation, and only when named.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drupelet.errors import InputError
from drupelet_export.reading.owner_function import OwnerFunctionError, as_theirs, load_function
from drupelet_export.reading.replaced_names import OPTION

_HALF_TYPES = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
_SHAPE_BELONGS_TO_INPUT = ("batch_input_shape", "batch_shape")


@dataclass(frozen=True)
class Replacement:
    """What ``--replace`` names: ``name`` is that of a class, or of one layer; ``given`` is FILE.py:function.

    ``sha256`` is that of the file, as it ran.
    """

    name: str
    given: str
    function: Callable[[dict[str, Any]], Any]
    sha256: str

    @property
    def said(self) -> str:
        """The option as the user gave it."""
        return f"{OPTION} {self.name}={self.given}"

    def layer(self, config: Mapping[str, Any], where: str) -> Any:
        """The layer of the user for a layer with this configuration, without weights. ``where`` names that layer in errors.

        Raises OwnerFunctionError with the user's traceback when the function raises, InputError when it returns something else.
        """
        import keras

        given: Any = self.function
        is_class = isinstance(given, type) and issubclass(given, keras.Layer)
        make = given.from_config if is_class else given
        try:
            made = make(_of_float32(config))
        except (Exception, SystemExit) as error:
            what = "class" if is_class else "function"
            raise OwnerFunctionError(as_theirs(error, f"{where}: {self.said}", what)) from error
        if not isinstance(made, keras.Layer):
            if not callable(made):
                raise InputError(
                    f"{where}: {self.said}: returned {made!r:.60}, expected a layer of Keras, or a function of "
                    "the layer's inputs; next: return one from the function"
                )
            made = _function_layer(made, config.get("name"))
        made.__dict__["drupelet_replacement"] = self.given
        return made

    def called(self, live: Any, where: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The symbolic outputs of a call of the user's layer.

        Raises OwnerFunctionError with the user's traceback when it raises, InputError when it returns something else.
        """
        taken = inspect.signature(live.call).parameters
        # A file may give mask=None to a layer whose class takes a mask; the user's body need not.
        given = {name: value for name, value in kwargs.items() if value is not None or name in taken}
        return self._checked(where, lambda: live(*args, **given))

    def added(self, chain: Any, live: Any, where: str) -> None:
        """Adds the user's layer at the end of a Sequential model. Raises the errors of ``called``."""

        def outputs() -> Any:
            chain.add(live)
            return chain.outputs if chain.built else []

        self._checked(where, outputs)

    def _checked(self, where: str, action: Callable[[], Any]) -> Any:
        import keras

        try:
            outputs = action()
        except (Exception, SystemExit) as error:
            raise OwnerFunctionError(as_theirs(error, f"{where}: {self.said}", "layer")) from error
        flat = keras.tree.flatten(outputs)
        if not all(isinstance(each, keras.KerasTensor) for each in flat):
            raise InputError(
                f"{where}: {self.said}: called, it returned {outputs!r:.60}, expected a tensor of its inputs; next: return the "
                "result of layers of Keras and keras.ops"
            )
        return outputs


def load_replacements(given: Sequence[str]) -> list[Replacement]:
    """The replacements, in their order. Runs the files. Raises InputError for anything malformed."""
    found: dict[str, Replacement] = {}
    for each in given:
        name, is_there, function = each.partition("=")
        if not is_there or not name:
            raise InputError(
                f"{OPTION} {each!r}: expected NAME=FILE.py:function, such as TransformerBlock=blocks.py:block"
            )
        if name in found:
            raise InputError(f"{OPTION} {each!r}: {name!r} is replaced twice, expected one function for it")
        loaded = load_function(function, OPTION)
        found[name] = Replacement(name, function, loaded.call, loaded.sha256)
    return list(found.values())


def is_replacement(layer: Any) -> bool:
    """Whether a layer was made by a function that the user named."""
    return "drupelet_replacement" in getattr(layer, "__dict__", {})


def _of_float32(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration for a layer that computes in float32, without the shape of the input, as older files have it."""
    known = {key: value for key, value in config.items() if key not in _SHAPE_BELONGS_TO_INPUT}
    policy = known.get("dtype")
    if isinstance(policy, dict):
        inner = policy.get("config")
        policy = inner.get("name", "float32") if isinstance(inner, dict) else "float32"
        known["dtype"] = policy
    if policy in _HALF_TYPES:
        known["dtype"] = "float32"
    return known


def _function_layer(function: Callable[..., Any], name: str | None) -> Any:
    import keras

    class Body(keras.Layer):  # type: ignore[misc, unused-ignore]  # keras has no types
        """A layer that applies a function."""

        def call(self, inputs: Any) -> Any:
            return function(inputs)

    return Body(name=name)
