"""The user's own body of a layer that Keras does not know, named by ``--replace NAME=FILE.py:function``.

The function gets the configuration of the layer, and returns a layer whose ``call`` is made of Keras's layers and keras.ops:
the user's class itself will often do. Or it returns a function of the layer's inputs. It runs on the workstation, and only when
named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drupelet.errors import InputError
from drupelet_export.reading.owner_function import OwnerFunctionError, as_theirs, load_function

OPTION = "--replace"


@dataclass(frozen=True)
class Replacement:
    """What ``--replace`` names: ``name`` is that of a class, or of one layer; ``given`` is FILE.py:function."""

    name: str
    given: str
    function: Callable[[dict[str, Any]], Any]

    def layer(self, config: Mapping[str, Any]) -> Any:
        """The layer of the user for a layer with this configuration, without weights.

        Raises OwnerFunctionError with the user's traceback when the function raises, InputError when it returns something else.
        """
        import keras

        said = f"{OPTION} {self.name}={self.given}"
        try:
            made = self.function(dict(config))
        except (Exception, SystemExit) as error:
            raise OwnerFunctionError(as_theirs(error, said, "function")) from error
        if not isinstance(made, keras.Layer):
            if not callable(made):
                raise InputError(
                    f"{said}: returned {made!r:.60}, expected a layer of Keras, or a function of the layer's inputs"
                )
            made = _function_layer(made, config.get("name"))
        made.__dict__["drupelet_replacement"] = self.given
        return made


def load_replacements(given: Sequence[str]) -> dict[str, Replacement]:
    """The replacements by the name of the class or layer. Runs the files. Raises InputError for anything malformed."""
    found: dict[str, Replacement] = {}
    for each in given:
        name, is_there, function = each.partition("=")
        if not is_there or not name:
            raise InputError(
                f"{OPTION} {each!r}: expected NAME=FILE.py:function, such as TransformerBlock=blocks.py:block"
            )
        if name in found:
            raise InputError(f"{OPTION} {each!r}: {name!r} is replaced twice, expected one function for it")
        found[name] = Replacement(name, function, load_function(function, OPTION).call)
    return found


def is_replacement(layer: Any) -> bool:
    """Whether a layer was made by a function that the user named."""
    return "drupelet_replacement" in getattr(layer, "__dict__", {})


def _function_layer(function: Callable[..., Any], name: str | None) -> Any:
    import keras

    class Body(keras.Layer):  # type: ignore[misc, unused-ignore]
        """A layer that applies a function."""

        def call(self, inputs: Any) -> Any:
            return function(inputs)

    return Body(name=name)
