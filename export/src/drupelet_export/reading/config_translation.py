"""Translates the configuration in a file, of any release of Keras, into the canonical one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.reading.call_nodes import calls_of, refs_of
from drupelet_export.reading.canonical_config import CanonicalLayer, CanonicalModel
from drupelet_export.reading.keras1_names import CLASSES_OF_KERAS_1, options_of_keras_1
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.layer_classes import (
    CELLS,
    LAYERS,
    MERGES,
    MODELS,
    OPERATIONS,
    RECURRENT,
    closest,
    is_of_keras,
)
from drupelet_export.reading.layer_options import canonical_options, is_installed, operation_options
from drupelet_export.reading.plain_config import plain, shown
from drupelet_export.reading.replaced_names import OPTION, check_names, give_body, names_of, plain_name
from drupelet_export.reading.tensorflow_operations import TENSORFLOW_CLASSES, translated_call

MAX_LAYERS = 2000
"""Maximum layers of a model, with those of nested models. The deepest text classifiers have some hundreds."""
MAX_NESTED = 8
"""Maximum depth of models inside models."""
_CUDNN = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
_CLASS_OF = {
    **_CUDNN, "ThresholdedReLU": "ReLU", "GroupedQueryAttention": "GroupQueryAttention", "Convolution1D": "Conv1D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D", "GlobalAvgPool1D": "GlobalAveragePooling1D", "MaxPool1D": "MaxPooling1D",
    "AvgPool1D": "AveragePooling1D", "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization", "SyncBatchNormalization": "BatchNormalization",
}  # fmt: skip
"""Other names of layers, and layers that another one equals."""


def canonical_model(config: Any, version: KerasVersion, path: str, replaced: Collection[str] = ()) -> CanonicalModel:
    """The canonical configuration of a model. Raises ModelError that names the file and the layer.

    Layers are counted from 0, without input layers and without operations. ``replaced``: names of classes and of layers
    for which the user gives a body; such a layer may be of any class.
    """
    if not isinstance(config, dict) or not isinstance(config.get("config"), (dict, list)):
        raise ModelError(f"{path}: its configuration is not that of a Keras model; save with model.save()")
    return _Translator(config, version, path, replaced).model(config, 0)


class _Translator:
    """Counts the layers of a whole model while it translates them."""

    def __init__(self, config: dict[str, Any], version: KerasVersion, path: str, replaced: Collection[str]) -> None:
        self._version = version
        self._path = path
        self._replaced = replaced
        self._place = 0
        counted = list(_leaf_classes(config, path, 0))
        self._count = sum(counted)
        check_names(
            replaced, config, path, lambda name: _CLASS_OF.get(name, name) in LAYERS or name in CLASSES_OF_KERAS_1
        )

    def model(self, document: Mapping[str, Any], depth: int) -> CanonicalModel:
        """The canonical configuration of a model or of one nested in it."""
        _check_own(document, document.get("class_name"), self._path)
        config = document["config"]
        layers = _listed_layers(document, self._path)
        own: Mapping[str, Any] = config if isinstance(config, dict) else {}
        name = str(own.get("name") or document.get("name") or "model")
        where = f"{self._path}: model {name!r:.60}"
        kind = "Functional" if document["class_name"] != "Sequential" else "Sequential"
        names = [_name(layer) for layer in layers]
        doubled = [name for name, times in Counter(names).items() if times > 1 and name]
        if doubled and kind == "Functional":
            raise ModelError(
                f"{where}: has two layers named {doubled[0]!r:.60}, expected names of their own; save it again"
            )
        known = frozenset(names)
        translated = tuple(self._layer(layer, known, depth, kind) for layer in layers)
        trainable = bool(own.get("trainable", True))
        if kind == "Sequential":
            translated = self._with_input(translated, layers, own, where)
            return CanonicalModel(name, kind, translated, where, trainable=trainable)
        inputs = refs_of(own.get("input_layers"), f"{where}: input_layers")
        outputs = refs_of(own.get("output_layers"), f"{where}: output_layers")
        return CanonicalModel(name, kind, translated, where, inputs, outputs, trainable)

    def _layer(self, layer: dict[str, Any], names: frozenset[str], depth: int, kind: str) -> CanonicalLayer:
        class_name = layer.get("class_name")
        config = layer.get("config")
        own = _name(layer)
        if class_name in MODELS and isinstance(config, (dict, list)):
            model = self.model(layer, depth + 1)
            where = f"{self._path}: model {own!r:.60}"
            calls = self._calls(layer, names, where, kind)
            return CanonicalLayer(own, model.kind, str(class_name), {}, where, model=model, calls=calls)
        where = f"{self._path}: layer {self._place} of {self._count}, {own or '?'!r:.60} ({class_name})"
        replacement = next((name for name in names_of(layer) if name in self._replaced), None)
        if replacement is not None:
            self._place += 1
            return self._given(layer, replacement, where, self._calls(layer, names, where, kind))
        if class_name in TENSORFLOW_CLASSES:
            return self._tensorflow(layer, names, where, kind)
        if self._is_operation(layer):
            where = f"{self._path}: operation {own!r:.60} ({class_name})"
            _check_own(layer, class_name, where)
            class_name = str(class_name)
            options = operation_options(class_name, config if isinstance(config, dict) else {}, where)
            calls = self._calls(layer, names, where, kind)
            return CanonicalLayer(own, class_name, class_name, options, where, True, calls=calls)
        self._place += class_name != "InputLayer"
        translated = self.leaf(layer, where)
        calls = self._calls(layer, names, where, kind)
        return CanonicalLayer(**{**vars(translated), "name": own or translated.name, "calls": calls})

    def _given(self, layer: Mapping[str, Any], replacement: str, where: str, calls: Any) -> CanonicalLayer:
        """A layer whose body the user gives: its configuration is left as it is, for the user's function."""
        config = layer.get("config")
        config = dict(config) if isinstance(config, dict) else {}
        options = {"config": config, "trainable": bool(config.get("trainable", True))}
        stored = plain_name(str(layer.get("class_name")))
        return CanonicalLayer(_name(layer), "", stored, options, where, calls=calls, replacement=replacement)

    def leaf(self, layer: Any, where: str) -> CanonicalLayer:
        """A layer that is no model. Raises ModelError unless its class is one of Keras's that are read."""
        class_name = layer.get("class_name")
        config = layer.get("config")
        is_known = isinstance(class_name, str) and (
            _CLASS_OF.get(class_name, class_name) in LAYERS or (self._version.is_1 and class_name in CLASSES_OF_KERAS_1)
        )
        if not is_known:
            extra = "; code in a model file is never run" if class_name == "Lambda" else ""
            raise ModelError(
                f"{where}: not supported{closest(str(class_name))}{extra}; next: build the model with layers of Keras in its "
                f"place, or {give_body(layer)}"
            )
        _check_own(layer, class_name, where)
        if not isinstance(config, dict):
            raise ModelError(f"{where}: has no configuration; save the model again")
        if class_name == "TextVectorization":
            _check_own_functions(config, where)
        stored, config = class_name, dict(config)
        name = str(config.get("name") or layer.get("name") or class_name.lower())
        if class_name == "InputLayer":
            return CanonicalLayer(name, class_name, stored, _input_options(config, where), where)
        if self._version.is_1:
            class_name, config = options_of_keras_1(class_name, config, where)
        if class_name in _CUDNN:
            config |= {"activation": "tanh", "recurrent_activation": "sigmoid"}
        if class_name == "CuDNNGRU":
            config["reset_after"] = True
        if class_name == "ThresholdedReLU":
            config = {"name": name, "threshold": config.get("theta", 1.0)}
        class_name = _CLASS_OF.get(class_name, class_name)
        if not is_installed(class_name):
            raise ModelError(f"{where}: this release of Keras has no {class_name}; next: pip install --upgrade keras")
        options = canonical_options(
            class_name, config, self._version, where, lambda inner, key: self._inside(inner, class_name, where)
        )
        zero = None
        if class_name == "Bidirectional":
            if not isinstance(options.get("layer"), CanonicalLayer):
                raise ModelError(f"{where}: wraps no layer, expected LSTM, GRU or SimpleRNN; save the model again")
            if self._version.is_before_3 and self._version.is_standalone:
                zero = False
            options.pop("weights", None)
        joins = self._version.is_before_3 and class_name in MERGES
        return CanonicalLayer(name, class_name, stored, options, where, zero_output_for_mask=zero, joins_masks=joins)

    def _inside(self, layer: Any, outer: str, where: str) -> CanonicalLayer:
        """A layer that is an option of another: wrapped by it, the cell of it, or its activation."""
        kind = layer.get("class_name") if isinstance(layer, dict) else None
        if not isinstance(layer, dict):
            raise ModelError(f"{where}: wraps {shown(layer)}, expected a layer; save the model again")
        if kind in MODELS:
            raise ModelError(
                f"{where}: wraps a model, expected a layer; next: build the model with the layers themselves"
            )
        if not isinstance(layer.get("config"), dict):
            raise ModelError(f"{where}: wraps {kind!r:.60} without its configuration; save the model again")
        allowed = {"Bidirectional": RECURRENT, "RNN": CELLS, "StackedRNNCells": CELLS}.get(outer)
        if allowed is not None and _CLASS_OF.get(str(kind), str(kind)) not in allowed:
            raise ModelError(f"{where}: wraps {kind!r:.60}, expected one of {', '.join(sorted(allowed))}")
        if any(name in self._replaced for name in names_of(layer)):
            raise ModelError(
                f"{where}: wraps {kind!r:.60}, which {OPTION} names, and a body cannot be given inside another layer; next: "
                f"give one for the whole {outer}, by its own name: {OPTION} NAME=FILE.py:function"
            )
        inner = self.leaf(layer, f"{where}, inside it {kind!r:.60}")
        if (
            inner.class_name in ("Bidirectional", "TimeDistributed", "InputLayer", "TextVectorization")
            or inner.stored_class == "Merge"
        ):
            raise ModelError(
                f"{where}: wraps {kind!r:.60}, expected a layer that wraps no other; build the model without it"
            )
        return inner

    def _tensorflow(self, layer: dict[str, Any], names: frozenset[str], where: str, kind: str) -> CanonicalLayer:
        config = layer.get("config")
        own = _name(layer)
        where = f"{self._path}: operation {own!r:.60} ({layer.get('class_name')})"
        calls = self._calls(layer, names, where, kind)
        function = config.get("function") if isinstance(config, dict) else None
        if not isinstance(function, str) or not calls:
            raise ModelError(f"{where}: names no function or is not called; save the model again")
        translated = [translated_call(function, call, where) for call in calls]
        class_name, options, _ = translated[0]
        if any((name, config) != (class_name, options) for name, config, _ in translated):
            raise ModelError(
                f"{where}: is called with different options; next: build the model with a layer for each call"
            )
        return CanonicalLayer(
            own,
            class_name,
            str(layer["class_name"]),
            options,
            where,
            True,
            calls=tuple(call for *_, call in translated),
        )

    def _is_operation(self, layer: Mapping[str, Any]) -> bool:
        """True for an operation of keras.ops. An .h5 file names no module, but layers alone say whether they are trainable."""
        if self._version.is_before_3 or str(layer.get("class_name")) not in OPERATIONS:
            return False
        module = layer.get("module")
        if module:
            return str(module).startswith(("keras.src.ops.", "keras.ops."))
        config = layer.get("config")
        return not isinstance(config, dict) or "trainable" not in config

    def _calls(self, layer: Mapping[str, Any], names: frozenset[str], where: str, kind: str) -> Any:
        return calls_of(layer.get("inbound_nodes"), names, where) if kind == "Functional" else ()

    def _with_input(
        self, layers: tuple[CanonicalLayer, ...], documents: list[dict[str, Any]], config: Mapping[str, Any], where: str
    ) -> tuple[CanonicalLayer, ...]:
        """The layers of a Sequential model with an InputLayer in front, where the file says the shape elsewhere."""
        if not layers or layers[0].class_name == "InputLayer" or layers[0].model is not None:
            return layers
        first = documents[0].get("config")
        first = first if isinstance(first, dict) else {}
        if isinstance(first.get("layer"), dict) and isinstance(first["layer"].get("config"), dict):
            first = {**first["layer"]["config"], **first}  # a Bidirectional or TimeDistributed in front
        shape = first.get("batch_input_shape") or first.get("batch_shape")
        is_text = layers[0].class_name == "TextVectorization"
        if shape is None:
            shape = config.get("build_input_shape")
        if shape is None and layers[0].class_name == "Embedding":
            shape = [None, first.get("input_length") if isinstance(first.get("input_length"), int) else None]
        if shape is None and is_text:
            shape = [None, 1]
        if shape is None:
            return layers
        dtype = "string" if is_text else first.get("input_dtype") or "float32"
        options = _input_options({"batch_shape": shape, "dtype": dtype}, where)
        return (CanonicalLayer(f"{layers[0].name}_input", "InputLayer", "", options, where), *layers)


def _input_options(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    shape = plain(shape, f"{where}: its shape")
    if not isinstance(shape, list) or not 1 <= len(shape) <= 5 or not all(
        size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0) for size in shape
    ):  # fmt: skip
        raise ModelError(
            f"{where}: its input has the shape {shown(shape)}, expected a batch of rows; save the model again"
        )
    if config.get("sparse") or config.get("ragged"):
        raise ModelError(
            f"{where}: its input is sparse or ragged, expected a dense one; build the model with a plain Input"
        )
    dtype = config.get("dtype")
    dtype = dtype["config"].get("name") if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict) else dtype
    kinds = ("string", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool")
    return {"batch_shape": tuple(shape), "dtype": dtype if dtype in kinds else "float32"}


def _check_own(layer: Mapping[str, Any], name: object, where: str) -> None:
    """Raises ModelError for a class that is not Keras's own, even under a name of Keras's."""
    registered = layer.get("registered_name")
    if not is_of_keras(layer.get("module")) or registered not in (None, name):
        is_layer = str(name) in LAYERS
        kind = "not supported (a class of this name that is not Keras's own): " if is_layer else ""
        raise ModelError(
            f"{where}: {kind}holds {registered or name!r:.60} of {layer.get('module')!r:.60}, expected Keras's own classes; "
            "code in a model file is never run, so build the model without it"
            + (f", or {give_body(layer)}" if "config" in layer and name not in MODELS else "")
        )


def _check_own_functions(config: Mapping[str, Any], where: str) -> None:
    """Raises ModelError for a function of the owner's own in a TextVectorization, with the way round it."""
    for key in ("standardize", "split"):
        if isinstance(config.get(key), dict):
            name = config[key].get("config", "unnamed")
            raise ModelError(
                f"{where}: {key} is a function of your own, {name!r:.60}, and code in a model file is never run; next: save "
                "the layers behind it as a model of their own (keras.Sequential([keras.Input((None,)), "
                "*model.layers[1:]])"
                ".save('ids.keras')) and its words (json.dump(layer.get_vocabulary(), file)); export ids.keras with --vocab "
                "FILE, and with the function written as steps for --text-rules FILE, for which --print-text-rules "
                "textvectorization prints a start"
            )
    if isinstance(config.get("vocabulary"), str):
        raise ModelError(
            f"{where}: its vocabulary is the file {config['vocabulary']!r:.80}, which a model file does not hold; next: "
            "save the model as .keras from the program that trained it"
        )


def _listed_layers(model: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    if model.get("class_name") not in MODELS:
        raise ModelError(
            f"{path}: a {model.get('class_name')!r:.60}, expected a Sequential or Functional model (a subclass of Model "
            "keeps its layers in Python code: rebuild it with the functional API and load its weights)"
        )
    config = model.get("config")
    # Before Keras 2.2.3 the configuration of a Sequential model was the list of its layers.
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list) or not layers or not all(isinstance(layer, dict) for layer in layers):
        raise ModelError(f"{path}: its configuration lists no layers; save it with model.save('model.keras')")
    if len(layers) > MAX_LAYERS:
        raise ModelError(f"{path}: has {len(layers)} layers, expected at most {MAX_LAYERS}; save a smaller model")
    return layers


def _leaf_classes(model: Mapping[str, Any], path: str, depth: int) -> Iterator[bool]:
    """For each layer, also of nested models, whether it is counted. Raises ModelError for too many or too deep ones."""
    if depth > MAX_NESTED:
        raise ModelError(
            f"{path}: models are nested more than {MAX_NESTED} deep; build the model with the layers themselves"
        )
    total = 0
    for layer in _listed_layers(model, path):
        inner: Iterator[bool] | list[bool]
        if layer.get("class_name") in MODELS and isinstance(layer.get("config"), (dict, list)):
            inner = _leaf_classes(layer, path, depth + 1)
        else:
            config = layer.get("config")
            is_operation = layer.get("class_name") in TENSORFLOW_CLASSES or (
                str(layer.get("class_name")) in OPERATIONS and isinstance(config, dict) and "trainable" not in config
            )
            inner = [layer.get("class_name") != "InputLayer" and not is_operation]
        for counted in inner:
            total += 1
            if total > MAX_LAYERS:
                raise ModelError(f"{path}: has more than {MAX_LAYERS} layers; save a smaller model")
            yield counted


def _name(layer: Mapping[str, Any]) -> str:
    config = layer.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    return str(layer.get("name") or inner or "")
