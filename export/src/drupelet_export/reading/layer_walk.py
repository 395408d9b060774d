"""The walk through a Keras model: every call of every layer, in the order in which Keras itself runs them.

Keras runs the model on a few texts of ids, and each call is translated to nodes of a graph on the way. So the masks that a
layer receives are those that Keras gives it, with all rules and oddities of the release that is installed. What recurrent
layers compute is left out: masks and shapes do not depend on it.
"""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from drupelet.errors import FormatError
from drupelet.graph import MAX_NODES, PADDING_ID
from drupelet_export.errors import ModelError
from drupelet_export.reading.call_cost import CallBudget
from drupelet_export.reading.layers.call import Call
from drupelet_export.reading.layers.masks import read_mask
from drupelet_export.reading.layers.network import Network
from drupelet_export.reading.layers.table import layer_names, readers
from drupelet_export.reading.layers.value import Value
from drupelet_export.reading.nested_models import MAX_DEPTH, function_of, operations_of
from drupelet_export.reading.received_call import received_arguments
from drupelet_export.reading.replacement import is_replacement

OPEN_LENGTH = 64
"""Ids of the texts that Keras runs on, where their number is open: more than kernels have steps."""
LONG = 4096
"""Longer texts are not run where a model reads any number of ids: attention needs the square of it."""
TEXTS = 3
MAX_CALLS = 10_000
"""Most calls of layers: a nested model that is called twice, in another that is called twice, doubles them."""
MAX_REASON_CHARACTERS = 300
REPLACE = "give its body in Keras layers with --replace {name}=FILE.py:function"


@dataclass(frozen=True)
class WalkedModel:
    """What a walk found: the nodes, the value that the model answers with, and the TextVectorization in front (None: none)."""

    network: Network
    output: Value
    vectorization: Any = None

    def output_call(self, where: str) -> Call:
        """A call at the end of the model, to add nodes with."""
        return Call(self.network, where, "", (self.output,), readers=readers())


def walk(model: Any, where: str, length: int | None) -> WalkedModel:
    """The nodes of a model whose texts have ``length`` ids (None: any number).

    Raises ModelError, naming the layer and its place, for what is not supported.
    """
    function = function_of(model)
    if function is None:
        raise ModelError(
            f"{where}: a {type(model).__name__} that was never built, expected a Sequential or Functional model"
        )
    for what, tensors, expected in (
        ("inputs", function.inputs, "the ids of a text"),
        ("outputs", function.outputs, "the classes"),
    ):
        if len(tensors) != 1:
            names = ", ".join(repr(str(tensor.name)) for tensor in tensors[:8])
            raise ModelError(f"{where}: {len(tensors)} {what} ({names}), expected one: {expected}")
    rows = [
        int(each.input_dim)
        for each in operations_of(model, where)
        if hasattr(each, "input_dim") and hasattr(each, "embeddings")
    ]
    tensor = function.inputs[0]
    is_open = tensor.dtype != "string" and len(tensor.shape) == 2 and tensor.shape[1] is None
    run_length = OPEN_LENGTH if length is None or (is_open and length > LONG) else length
    try:
        network = Network(length)
    except FormatError as error:
        raise ModelError(f"{where}: texts of {length} ids: {error}; give a smaller --max-tokens") from error
    return _Walk(where, network, _texts(run_length, min(rows, default=2))).run(function)


class _Walk:
    def __init__(self, where: str, network: Network, ids: NDArray[np.int64]) -> None:
        self._where = where
        self._network = network
        self._ids = ids
        self._values: dict[int, Value] = {}
        self._kept: list[Any] = []
        self._calls = 0
        self._budget = CallBudget(TEXTS)
        self._vectorization: Any = None
        self._body: str | None = None
        """The function of the user, while what it made is walked."""

    def run(self, function: Any) -> WalkedModel:
        from keras import ops

        tensor = function.inputs[0]
        if tensor.dtype == "string":
            import tensorflow

            read = tensorflow.constant(np.full((TEXTS, *(size or 1 for size in tensor.shape[1:])), "a"))
        elif len(tensor.shape) != 2:
            raise ModelError(f"{self._where}: its input has the shape {tensor.shape}, expected (texts, ids)")
        else:
            read = ops.convert_to_tensor(self._ids, dtype=tensor.dtype)
        self._remember(read, Value(0))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of each mask that a layer drops
            [answer] = _flat(function._run_through_graph([read], operation_fn=self._caller(function, "", 0)))
        value = self._value(answer)
        if value is None or len(answer.shape) != 2:
            raise ModelError(
                f"{self._where}: answers with a tensor of shape {(None, *answer.shape[1:])}, expected (texts, classes)"
            )
        return WalkedModel(self._network, value, self._vectorization)

    def _caller(self, function: Any, inside: str, depth: int) -> Callable[[Any], Callable[..., Any]]:
        """What Keras calls in place of each layer of a model. ``inside``: the models around it, for errors."""
        from keras import layers
        from keras.src.ops.numpy import NotEqual

        shown = [each for each in function.operations if type(each) not in (layers.InputLayer, NotEqual)]
        places = {id(each): place for place, each in enumerate(shown)}

        def caller(operation: Any) -> Callable[..., Any]:
            place = places.get(id(operation))
            number = "" if place is None else f"layer {place} of {len(shown)}, "
            where = f"{self._where}: {inside}{number}{operation.name!r} ({type(operation).__name__})"
            return partial(self._call, operation, where, f"{inside}in {operation.name!r}, ", depth)

        return caller

    def _call(self, operation: Any, where: str, inside: str, depth: int, *args: Any, **kwargs: Any) -> Any:
        from keras import ops
        from keras.src import backend

        self._calls += 1
        nodes = len(self._network.builder.nodes)
        if self._calls > MAX_CALLS or nodes > MAX_NODES:
            raise ModelError(
                f"{where}: call {self._calls} of a layer, node {nodes} of the graph; expected at most {MAX_CALLS} calls and "
                f"{MAX_NODES} nodes"
            )
        if kwargs.get("training"):
            raise ModelError(f"{where}: is called with training=True, so its answers are random; call it without")
        if type(operation).__module__.startswith("keras.") and hasattr(operation, "compute_dtype"):
            _check_policy(operation, where)
        function = function_of(operation)
        if function is not None:
            with self._inside_body_of(operation):
                return self._nested(function, where, inside, depth, args, kwargs)
        reader = readers().get(type(operation))
        if reader is None and (is_replacement(operation) or (self._body is not None and _is_open(operation))):
            with self._inside_body_of(operation):
                return self._replaced(operation, where, inside, depth, args, kwargs)
        if reader is None and hasattr(operation, "compute_dtype"):
            _refuse_class(operation, where, self._body)
        carried = tuple(self._mask(backend.get_keras_mask(each)) for each in _flat(args) if ops.is_tensor(each))
        outputs, received = self._outputs(operation, where, args, kwargs)
        found = self._found_mask(operation, outputs)
        if found is not None:
            reader = read_mask
        elif reader is None:
            _refuse_class(operation, where, self._body)
        self._kept += _flat(args) + _flat(kwargs) + _flat(outputs)
        call = Call(
            self._network, where, operation.name, self._translated(args), self._translated(kwargs),
            {name: self._mask(mask) for name, mask in received.items() if name.endswith("mask")},
            readers(), tuple(_flat(outputs)[0].shape), found, carried,
        )  # fmt: skip
        read = reader(operation, call)
        values = [read] if isinstance(read, Value) else list(read)
        for tensor, value in zip(_flat(outputs), values, strict=False):
            self._remember(tensor, value)
        return outputs

    @contextmanager
    def _inside_body_of(self, operation: Any) -> Iterator[None]:
        """What is called inside is a part of the body that the user gave, if the operation is one or stands in one."""
        outer, self._body = self._body, operation.__dict__.get("drupelet_replacement", self._body)
        yield
        self._body = outer

    def _outputs(self, operation: Any, where: str, args: Any, kwargs: Any) -> tuple[Any, Mapping[str, Any]]:
        """What Keras gives, and the arguments that the layer received with its masks."""
        from keras import layers, ops

        if type(operation) is layers.TextVectorization:
            if self._value(_flat(args)[0]) != Value(0) or self._vectorization is not None:
                raise ModelError(
                    f"{where}: does not read the input of the model, expected one TextVectorization, in front"
                )
            self._vectorization = operation
            return ops.convert_to_tensor(self._ids, dtype="int64"), {}
        try:
            self._budget.take(operation, where, args, kwargs)
            with received_arguments(operation) as received:
                return operation(*args, **kwargs), received
        except ModelError:
            raise
        except Exception as error:  # Keras passes on any error from deep inside
            raise ModelError(
                f"{where}: Keras cannot compute it for texts of {self._ids.shape[1]} ids: {_reason(error)}"
            ) from error

    def _nested(self, function: Any, where: str, inside: str, depth: int, args: Any, kwargs: Any) -> Any:
        """Runs a model inside a model, as Functional.call does."""
        from keras.src import backend

        given = args[0] if args else kwargs["inputs"]
        inputs = function._standardize_inputs(given)
        for tensor, standardized in zip(_flat(given), inputs, strict=True):
            value = self._value(tensor)
            if value is None or tensor.shape != standardized.shape:
                raise ModelError(
                    f"{where}: its input has the shape {tensor.shape}, expected {standardized.shape}, of the text"
                )
            self._remember(standardized, value)
        for tensor, mask in zip(inputs, _flat(kwargs.get("mask")), strict=False):
            if mask is not None:
                backend.set_keras_mask(tensor, mask)
        outputs = function._run_through_graph(inputs, operation_fn=self._caller(function, inside, depth + 1))
        return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs

    def _replaced(self, layer: Any, where: str, inside: str, depth: int, args: Any, kwargs: Any) -> Any:
        """Runs a layer of the user, in place of one that Keras does not know: what it calls inside becomes a model."""
        import keras
        from keras.src import backend, tree

        if depth >= MAX_DEPTH:
            raise ModelError(f"{where}: layers of yours nested more than {MAX_DEPTH} deep, expected fewer")
        read: list[Any] = []
        symbols: list[Any] = []

        def symbol(each: Any) -> Any:
            if self._value(each) is None:
                return each
            read.append(each)
            symbols.append(keras.Input(batch_shape=tuple(each.shape), dtype=each.dtype.name))
            return symbols[-1]

        given = {name: value for name, value in kwargs.items() if name != "training"}
        masks = [backend.get_keras_mask(each) for each in _flat(args)]
        parameters = inspect.signature(layer.call).parameters
        if "mask" in parameters and given.get("mask") is None and len(masks) == 1 and masks[0] is not None:
            self._remember(masks[0], Value(0, "mask" if self._mask(masks[0]) == "ids" else "foreign mask"))
            given["mask"] = masks[0]
        symbolic_args, symbolic_kwargs = tree.map_structure(symbol, (args, given))
        try:
            outputs = layer.call(*symbolic_args, **symbolic_kwargs)
            function = keras.Model(symbols, outputs)
        except Exception as error:  # the body is the user's own code
            raise ModelError(
                f"{where}: its body, {self._body}, cannot be read: {_reason(error)}; expected one of layers of "
                "Keras and keras.ops, without branches that depend on the text"
            ) from error
        results = function._run_through_graph(read, operation_fn=self._caller(function, inside, depth + 1))
        results = tree.pack_sequence_as(outputs, _flat(results))
        if layer.supports_masking:
            layer._set_mask_metadata(args[0], results, masks[0])
        return results

    def _remember(self, tensor: Any, value: Value) -> None:
        self._kept.append(tensor)  # an id is that of one tensor only while the tensor exists
        self._values[id(tensor)] = value

    def _value(self, tensor: Any) -> Value | None:
        return self._values.get(id(tensor))

    def _translated(self, arguments: Any) -> Any:
        """The arguments of a call, with values in place of tensors of the text, and arrays in place of others."""
        import keras
        from keras import ops, tree

        def translated(each: Any) -> Any:
            known = self._value(each)
            if known is not None:
                return known
            if isinstance(each, keras.Variable):
                return ops.convert_to_numpy(each)
            return ops.convert_to_numpy(each) if ops.is_tensor(each) else each

        return tree.map_structure(translated, arguments)

    def _found_mask(self, operation: Any, outputs: Any) -> str | None:
        """The layout of the mask that an operation of keras.ops computes, None for anything but a bool tensor."""
        from keras import ops

        if hasattr(operation, "compute_dtype") or not ops.is_tensor(outputs) or ops.dtype(outputs) != "bool":
            return None
        tokens, held = self._ids != PADDING_ID, ops.convert_to_numpy(outputs)
        for layout, mask in (("mask", tokens), ("mask column", tokens[:, :, None]), ("zero mask", ~tokens)):
            if np.array_equal(held, mask):
                return layout
        return "foreign mask"

    def _mask(self, mask: Any) -> Any:
        """``ids``, ``foreign`` or None; a list for a list."""
        from keras import ops

        if mask is None:
            return None
        if isinstance(mask, (list, tuple)):
            return [self._mask(each) for each in mask]
        held = np.asarray(ops.convert_to_numpy(mask), bool)
        if held.all():
            return None  # Keras computes what it computes without a mask
        if held.ndim == 3 and held.shape[2] == 1:
            held = held[:, :, 0]
        return "ids" if np.array_equal(held, self._ids != PADDING_ID) else "foreign"


def _texts(length: int, rows: int) -> NDArray[np.int64]:
    """Ids (TEXTS, length), with padding among them: the mask of ids is told from any other by its pattern."""
    generator = np.random.default_rng(0)
    ids = generator.integers(1, max(rows, 2), (TEXTS, length))
    ids[generator.random(ids.shape) < 0.4] = PADDING_ID
    ids[0, 0] = PADDING_ID
    return np.minimum(ids, rows - 1)


def _check_policy(operation: Any, where: str) -> None:
    if getattr(operation, "quantization_mode", None) is not None:
        raise ModelError(
            f"{where}: is quantized ({operation.dtype_policy.name}), expected the model before quantization"
        )


def _is_open(operation: Any) -> bool:
    """Whether a layer inside the body that the user gave is the user's own too, so that its ``call`` is read."""
    kind = type(operation)
    return hasattr(operation, "compute_dtype") and (
        not kind.__module__.startswith("keras.") or kind.__name__ == "Lambda"
    )


def _refuse_class(operation: Any, where: str, body: str | None) -> NoReturn:
    """``body``: the function of the user that made the operation; None for one of the file."""
    name = type(operation).__name__
    own = type(operation).__module__.startswith("keras.")
    if name == "Lambda" or not own:
        what = "a Lambda keeps its code in Python" if name == "Lambda" and own else "a class that is not Keras's own"
        raise ModelError(f"{where}: {what}, which is never run; {REPLACE.format(name=operation.name if own else name)}")
    close = difflib.get_close_matches(name, layer_names(), n=1, cutoff=0.75)
    hint = f" (closest: {close[0]})" if close else ""
    way = f"; write the body, {body}, without it" if body is not None else ""
    if body is None and hasattr(operation, "compute_dtype"):
        way = f"; {REPLACE.format(name=name)}"
    raise ModelError(f"{where}: not supported{hint}{way}; supported layers: {', '.join(layer_names())}")


def _reason(error: Exception) -> str:
    """The line of an error of Keras that says why, without the name of the call and without colours."""
    text = str(error).replace("\x1b[1m", "").replace("\x1b[0m", "")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Exception encountered")]
    return (lines or [type(error).__name__])[0][:MAX_REASON_CHARACTERS]


def _flat(nested: Any) -> list[Any]:
    from keras import tree

    return list(tree.flatten(nested))
