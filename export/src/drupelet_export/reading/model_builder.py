"""Builds a Keras model from a canonical configuration: Keras's own classes, plain values, and calls that we make ourselves.

Keras allocates a weight as soon as it knows its shape. So every weight begins with our initializer, which refuses a shape with
more numbers than the file holds, before anything is allocated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from drupelet.errors import InputError
from drupelet_export.errors import ModelError
from drupelet_export.reading.canonical_config import (
    ActivationName,
    CanonicalLayer,
    CanonicalModel,
    TensorRef,
    mapped_refs,
)
from drupelet_export.reading.keras2_activations import hard_sigmoid_keras2
from drupelet_export.reading.layer_classes import RECURRENT
from drupelet_export.reading.layer_options import constructor_names, operation_class
from drupelet_export.reading.replacement import Replacement
from drupelet_export.reading.weight_budget import WeightBudget, empty_weights

MAX_REASON_CHARACTERS = 300
"""Maximum characters of a Keras error that are shown; Keras may print the whole configuration."""
MAX_RESERVED = 999
"""Maximum number at the end of a name that is kept for a layer; Keras makes fewer operations."""
_MASK_OPERATIONS = frozenset(
    [
        "not_equal", "equal", "any", "all", "concatenate", "logical_and", "logical_or", "logical_not",
        "expand_dims", "cast", "broadcast_to", "ones_like", "zeros_like", "where", "maximum", "minimum", "multiply",
        "add", "subtract", "stack", "reshape", "flip", "transpose", "get_item", "repeat", "tile", "squeeze",
    ]
)  # fmt: skip
"""Operations by which layers of Keras make the mask of their output."""
_NO_SCOPE_NAME = re.compile(r"[^A-Za-z0-9_.>-]")
"""Characters that TensorFlow refuses in the name of a scope: a space, a bracket, any letter that is not ASCII."""
OWN_ACTIVATIONS = {"hard_sigmoid_keras2": hard_sigmoid_keras2}
_INITIALIZER = "_initializer"
NEXT_STEP = "next: save the model again with the release that wrote it, as .keras or .h5"


@dataclass(frozen=True)
class BuiltLayer:
    """A canonical layer with its live layer; ``inner`` are those of a nested model."""

    layer: CanonicalLayer
    live: Any
    inner: tuple[BuiltLayer, ...] = field(default=())

    def leaves(self) -> tuple[BuiltLayer, ...]:
        """The layer itself, or the layers of the nested model, in the order of the file."""
        if self.layer.model is None:
            return (self,)
        return tuple(leaf for part in self.inner for leaf in part.leaves())


def build_model(
    model: CanonicalModel,
    budget: WeightBudget,
    vocabularies: Mapping[str, list[str]],
    path: str,
    replacements: Sequence[Replacement] = (),
) -> tuple[Any, tuple[BuiltLayer, ...]]:
    """The live model, its weights unset, and its layers in the order of the file.

    ``vocabularies`` are those of TextVectorization layers, by their names. ``replacements`` are bodies for the layers
    whose ``replacement`` is their name. Raises ModelError that names the layer, OwnerFunctionError where their code raises.
    """
    _reserve_names(model)
    try:
        return _Builder(budget, vocabularies, path, replacements).model(model)
    except RecursionError as error:
        raise ModelError(f"{path}: its layers are chained too deeply for Keras; save a smaller model") from error


class _Builder:
    def __init__(
        self,
        budget: WeightBudget,
        vocabularies: Mapping[str, list[str]],
        path: str,
        replacements: Sequence[Replacement],
    ) -> None:
        self._replacements = {each.name: each for each in replacements}
        self._made: dict[int, Any] = {}
        self._budget = budget
        self._vocabularies = vocabularies
        self._path = path

    def model(self, model: CanonicalModel) -> tuple[Any, tuple[BuiltLayer, ...]]:
        import keras

        built = tuple(self._built(layer) for layer in model.layers)
        name = _safe(model.name)
        if model.kind == "Sequential":
            if any(part.layer.replacement is not None for part in built):
                return self._chain(built, name), built
            live = self._guarded(model.where, lambda: keras.Sequential([part.live for part in built], name=name))
            return live, built
        outputs = _wired(model, {part.layer.name: part for part in built}, self)
        ends = [
            mapped_refs(end, lambda ref: _output(outputs, ref, built, model)) for end in (model.inputs, model.outputs)
        ]
        inputs, results = (end[0] if isinstance(end, list) and len(end) == 1 else end for end in ends)
        if any(isinstance(end, (list, dict)) and not end for end in (inputs, results)):
            raise ModelError(f"{model.where}: has no input or no output; {NEXT_STEP}")
        live = self._guarded(model.where, lambda: keras.Model(inputs=inputs, outputs=results, name=name))
        return live, built

    def _chain(self, built: tuple[BuiltLayer, ...], name: str) -> Any:
        """A Sequential model, layer by layer, so that an error of the user's own layer is told from one of Keras."""
        import keras

        live = keras.Sequential(name=name)
        for part in built:
            replacement = self._replacements.get(part.layer.replacement or "")
            if replacement is not None:
                replacement.added(live, part.live, part.layer.where)
            else:
                self._guarded(part.layer.where, partial(live.add, part.live))
        return live

    def _built(self, layer: CanonicalLayer) -> BuiltLayer:
        if layer.model is not None:
            live, inner = self.model(layer.model)
            return BuiltLayer(layer, live, inner)
        if layer.is_operation:
            live = self._guarded(layer.where, lambda: operation_class(layer.class_name)(**layer.options))
            live.name = _safe(layer.name)
            return BuiltLayer(layer, live)
        if layer.replacement is not None:
            return BuiltLayer(layer, self._given(layer, self._replacements[layer.replacement]))
        return BuiltLayer(layer, self.layer(layer))

    def _given(self, layer: CanonicalLayer, replacement: Replacement) -> Any:
        """The layer that the user's function returns for a layer of the file."""
        live = replacement.layer(layer.options["config"], layer.where)
        if id(live) in self._made:
            raise InputError(
                f"{layer.where}: {replacement.said}: returned the layer that it returned before, expected a new one for each "
                "layer of the model; next: make the layer inside the function"
            )
        self._made[id(live)] = live
        live.name = _safe(layer.name)
        live.trainable = layer.options["trainable"]
        return live

    def layer(self, layer: CanonicalLayer, **changed: Any) -> Any:
        """The live layer, not called yet."""
        import keras

        options = {
            key: self._option(value) for key, value in {**layer.options, **changed}.items() if key != "trainable"
        }
        known = constructor_names(layer.class_name)
        options |= {key: empty_weights() for key in known if key.endswith(_INITIALIZER)}
        options.setdefault("name", _safe(layer.name))
        if layer.class_name == "TextVectorization":
            self._add_vocabulary(layer, options)
        if layer.class_name == "Bidirectional" and "backward_layer" not in layer.options:
            # Keras would make it from the configuration of the forward layer, and look up the activation in it by name.
            forward = layer.options["layer"]
            backward = not forward.options.get("go_backwards", False)
            options["backward_layer"] = self.layer(
                forward, go_backwards=backward, name=_safe(f"backward_{forward.name}")
            )
        if layer.class_name == "InputLayer":
            options = self._with_free_batch(options)
        live = self._guarded(layer.where, lambda: getattr(keras.layers, layer.class_name)(**options))
        if layer.zero_output_for_mask is not None:
            for part in (live.forward_layer, live.backward_layer):
                part.zero_output_for_mask = layer.zero_output_for_mask
        return live

    def _with_free_batch(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options of an InputLayer for any number of texts, except where a stateful layer fixes it."""
        shape = options["batch_shape"]
        return options if self._budget.is_stateful else {**options, "batch_shape": (None, *shape[1:])}

    def _add_vocabulary(self, layer: CanonicalLayer, options: dict[str, Any]) -> None:
        words = options.pop("vocabulary", None) or self._vocabularies.get(layer.name)
        if words and not all(isinstance(word, str) for word in words):
            raise ModelError(f"{layer.where}: its vocabulary holds values that are no words; save the model again")
        if words:
            options["vocabulary"] = words

    def _option(self, value: Any) -> Any:
        import keras

        if isinstance(value, ActivationName):
            return OWN_ACTIVATIONS.get(value.name) or keras.activations.get(value.name)
        if isinstance(value, CanonicalLayer):
            return self.layer(value)
        if isinstance(value, list) and any(isinstance(item, CanonicalLayer) for item in value):
            return [self._option(item) for item in value]
        return value

    def call(self, part: BuiltLayer, args: Any, kwargs: dict[str, Any]) -> Any:
        """The outputs of a call of a layer."""
        layer = part.layer
        args = list(args)
        if layer.class_name == "GetItem" and len(args) == 2 and isinstance(args[1], list):
            args[1] = tuple(args[1])
        if (
            layer.class_name in (*RECURRENT, "Bidirectional")
            and len(args) == 1
            and isinstance(args[0], list)
            and len(args[0]) > 1
        ):
            args, kwargs = [args[0][0]], {**kwargs, "initial_state": args[0][1:]}  # as Keras 2 lists the states
        if layer.replacement is not None:
            return self._replacements[layer.replacement].called(part.live, layer.where, args, kwargs)
        output = self._guarded(layer.where, lambda: part.live(*args, **kwargs))
        # Along another axis, masks are concatenated as their inputs are, by every release.
        is_whole = layer.class_name != "Concatenate" or layer.options.get("axis", -1) in (-1, len(output.shape) - 1)
        if layer.joins_masks and is_whole and args and isinstance(args[0], list):
            self._guarded(layer.where, lambda: _join_masks(args[0], output))
        return output

    def _guarded(self, where: str, action: Any) -> Any:
        """What the action returns. Whatever Keras raises becomes a ModelError of ours."""
        with self._budget.at(where), own_objects():
            try:
                return action()
            except ModelError:
                raise
            except RecursionError:
                raise
            except Exception as error:  # Keras passes on any error from deep inside
                if self._budget.refusal is not None:
                    raise self._budget.refusal from error
                self._refuse(where, error)

    def _refuse(self, where: str, error: Exception) -> NoReturn:
        import keras

        place = where.removeprefix(f"{self._path}: ")
        raise ModelError(
            f"{self._path}: Keras {keras.__version__} cannot build the model: {place}: {reason_of(error)}; {NEXT_STEP}"
        ) from error


def _join_masks(inputs: list[Any], output: Any) -> None:
    """Gives the output the mask that a merge of Keras 2 gives it: steps that every mask of an input keeps."""
    import keras

    masks = [mask for tensor in inputs if (mask := getattr(tensor, "_keras_mask", None)) is not None]
    different = list({id(mask): mask for mask in masks}.values())
    if not masks or (len(different) == 1 and len(masks) == len(inputs)):
        return  # as Keras 3 does
    joined = different[0]
    for mask in different[1:]:
        joined = keras.ops.logical_and(joined, mask)
    output._keras_mask = joined


def own_objects() -> Any:
    """The scope in which Keras finds our initializer and our activations by their names: Bidirectional copies a layer so."""
    import keras

    return keras.saving.custom_object_scope({"EmptyWeights": type(empty_weights()), **OWN_ACTIVATIONS})


def reason_of(error: Exception) -> str:
    """The innermost reason in a message of Keras, in one line, without the configuration and lists of objects around it."""
    text = (
        str(error)
        .partition("\n\nList of objects that could not be loaded")[0]
        .partition("\n\nArguments received by")[0]
    )
    innermost = text.rpartition("Exception encountered: ")[2].strip().split("\n\n")[-1]
    line = innermost.partition("\n")[0].replace("\x1b[1m", "").replace("\x1b[0m", "") or type(error).__name__
    return line if len(line) <= MAX_REASON_CHARACTERS else f"{line[:MAX_REASON_CHARACTERS]}..."


def _wired(model: CanonicalModel, parts: dict[str, BuiltLayer], builder: _Builder) -> dict[tuple[str, int], list[Any]]:
    """The outputs of every call, by the name of the layer and the place of the call. Raises ModelError for a cycle."""
    outputs: dict[tuple[str, int], list[Any]] = {}
    waiting: dict[tuple[str, int], set[tuple[str, int]]] = {}
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    first = _first_places(model)
    ready: list[tuple[str, int]] = []
    for layer in model.layers:
        if layer.class_name == "InputLayer":
            outputs[layer.name, 0] = [parts[layer.name].live.output]
    for layer in model.layers:
        for place, call in enumerate(layer.calls):
            key = (layer.name, place)
            needed = {(ref.layer, ref.call - first.get(ref.layer, 0)) for ref in call.refs()} - outputs.keys()
            for name, index in needed:
                known = parts.get(name)
                if known is None or not 0 <= index < len(known.layer.calls):
                    raise ModelError(
                        f"{layer.where}: reads call {index} of {name!r:.60}, which the model does not have; {NEXT_STEP}"
                    )
                readers.setdefault((name, index), []).append(key)
            waiting[key] = needed
            if not needed:
                ready.append(key)
    ready.reverse()
    while ready:
        key = ready.pop()
        name, place = key
        result = builder.call(parts[name], *_arguments(outputs, first, parts[name].layer, place))
        outputs[key] = list(result) if isinstance(result, (list, tuple)) else [result]
        del waiting[key]
        for reader in reversed(readers.get(key, [])):
            waiting[reader].discard(key)
            if not waiting[reader]:
                ready.append(reader)
    if waiting:
        names = ", ".join(repr(name) for name, _ in list(waiting)[:4])
        raise ModelError(f"{model.where}: its layers form a cycle: {names:.200} wait for each other; {NEXT_STEP}")
    return outputs


def _arguments(
    outputs: dict[tuple[str, int], list[Any]], first: dict[str, int], layer: CanonicalLayer, place: int
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, with the tensors that it reads."""
    call = layer.calls[place]
    args, kwargs = mapped_refs([list(call.args), dict(call.kwargs)], lambda ref: _read(outputs, ref, first, layer))
    return args, kwargs


def _first_places(model: CanonicalModel) -> dict[str, int]:
    """By nested model, the place that the file gives to its first call: 1 in most files of Keras 2, which counts its making."""
    read: dict[str, set[int]] = {layer.name: set() for layer in model.layers if layer.model is not None}
    for layer in model.layers:
        for call in layer.calls:
            for ref in call.refs():
                if ref.layer in read:
                    read[ref.layer].add(ref.call)
    for ref in _end_refs(model):
        if ref.layer in read:
            read[ref.layer].add(ref.call)
    return {name: min(places, default=0) for name, places in read.items()}


def _end_refs(model: CanonicalModel) -> list[TensorRef]:
    found: list[TensorRef] = []
    mapped_refs([model.inputs, model.outputs], found.append)
    return found


def _read(
    outputs: dict[tuple[str, int], list[Any]], ref: TensorRef, first: dict[str, int], reader: CanonicalLayer
) -> Any:
    tensors = outputs[ref.layer, ref.call - first.get(ref.layer, 0)]
    if ref.output >= len(tensors):
        raise ModelError(
            f"{reader.where}: reads output {ref.output} of {ref.layer!r:.60}, which has {len(tensors)}; {NEXT_STEP}"
        )
    return tensors[ref.output]


def _output(
    outputs: dict[tuple[str, int], list[Any]], ref: TensorRef, built: tuple[BuiltLayer, ...], model: CanonicalModel
) -> Any:
    """The tensor of an input or output of the model."""
    place = ref.call - _first_places(model).get(ref.layer, 0)
    tensors = outputs.get((ref.layer, place), [])
    if ref.output >= len(tensors):
        raise ModelError(
            f"{model.where}: its ends name output {ref.output} of {ref.layer!r:.60}, which it does not have; {NEXT_STEP}"
        )
    return tensors[ref.output]


def _reserve_names(model: CanonicalModel) -> None:
    """Keeps Keras from giving the name of a layer in the file to an operation that it makes for a mask."""
    from keras.src.utils.naming import auto_name

    highest: dict[str, int] = {}
    for layer in model.layers:
        prefix, _, number = layer.name.rpartition("_")
        if not number.isascii() or not number.isdecimal() or not prefix:
            prefix, number = layer.name, "0"
        if prefix in _MASK_OPERATIONS and len(number) <= len(str(MAX_RESERVED)):
            highest[prefix] = max(highest.get(prefix, 0), int(number))
        if layer.model is not None:
            _reserve_names(layer.model)
    for prefix, last in highest.items():
        for _ in range(min(last, MAX_RESERVED) + 1):
            auto_name(prefix)


def _safe(name: str) -> str:
    """A name that Keras 3 and TensorFlow take, where Keras opens a scope of that name: another character becomes its number."""
    safe = _NO_SCOPE_NAME.sub(lambda found: f"_{ord(found[0]):x}_", name.replace("/", "_"))
    return safe if safe[:1].isalnum() else f"layer{safe}"
