"""Operations of TensorFlow in functional models of tf.keras (``TFOpLambda``) as operations of Keras 3 that mean the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drupelet_export.errors import ModelError
from drupelet_export.reading.call_nodes import constant_array
from drupelet_export.reading.canonical_config import Call

TENSORFLOW_CLASSES = ("TFOpLambda", "SlicingOpLambda")
Translated = tuple[str, dict[str, Any], Call]
"""An operation of Keras 3, the arguments of its constructor, and its call."""
_Translation = Callable[["_Arguments"], Translated]


class _Arguments:
    """The arguments of a call, taken by name or place. What is left at the end would be lost, and is refused."""

    def __init__(self, call: Call, where: str) -> None:
        self.where = where
        self._args = list(call.args)
        self._kwargs = {key: value for key, value in call.kwargs.items() if key != "name"}

    def take(self, *names: str, default: Any = None) -> Any:
        """The next argument by place, or the one that has one of these names."""
        for name in names:
            if name in self._kwargs:
                return self._kwargs.pop(name)
        return self._args.pop(0) if self._args else default

    def option(self, *names: str, default: Any = None) -> Any:
        """An argument that is given by name or after the tensors."""
        return self.take(*names, default=default)

    def end(self) -> None:
        """Raises ModelError unless every argument was taken or says nothing."""
        left = {**self._kwargs, **{str(place): value for place, value in enumerate(self._args)}}
        said = sorted(key for key, value in left.items() if value not in (None, False))
        if said:
            raise ModelError(
                f"{self.where}: is called with {', '.join(said)}, which is not read; expected the tensors alone"
            )


def translated_call(function: object, call: Call, where: str) -> Translated:
    """A call of a function of TensorFlow as an operation of Keras 3. Raises ModelError for a function that is not known."""
    translation = _TRANSLATIONS.get(function) if isinstance(function, str) else None
    if translation is None:
        raise ModelError(
            f"{where}: is tf.{function!s:.80}, which is not read; next: build the model with a layer of Keras in its place"
        )
    arguments = _Arguments(call, where)
    result = translation(arguments)
    arguments.end()
    return result


def _unary(name: str, **options: Any) -> _Translation:
    def translate(given: _Arguments) -> Translated:
        return name, dict(options), Call((given.take("x", "features", "logits", "input", "tensor", "a"),), {})

    return translate


def _binary(name: str) -> _Translation:
    def translate(given: _Arguments) -> Translated:
        pair = (given.take("x", "a"), given.take("y", "b"))
        return name, {}, Call(tuple(_constant(value, given) for value in pair), {})

    return translate


def _constant(value: Any, given: _Arguments) -> Any:
    """A list of numbers as an array; anything else as it is."""
    return constant_array(value, given.where) if isinstance(value, list) else value


def _reduced(name: str) -> _Translation:
    def translate(given: _Arguments) -> Translated:
        tensor = given.take("input_tensor", "input")
        axis = _fixed(given.option("axis", "reduction_indices"), "axis", given)
        keepdims = bool(given.option("keepdims", "keep_dims", default=False))
        return name, {"axis": axis, "keepdims": keepdims}, Call((tensor,), {})

    return translate


def _with_axis(name: str, default: Any, *names: str, required: bool = False) -> _Translation:
    def translate(given: _Arguments) -> Translated:
        tensor = given.take("input", "logits", "values", "value", "tensors", "x")
        axis = given.option("axis", *names, default=default)
        if axis is None and required:
            raise ModelError(f"{given.where}: has no axis, expected a number")
        if axis is None:
            axis = -1 if name in ("Softmax", "LogSoftmax") else None
        return name, {"axis": _fixed(axis, "axis", given)}, Call((tensor,), {})

    return translate


def _reshape(given: _Arguments) -> Translated:
    tensor = given.take("tensor")
    return "Reshape", {"newshape": _fixed(given.option("shape"), "shape", given)}, Call((tensor,), {})


def _transpose(given: _Arguments) -> Translated:
    tensor = given.take("a")
    return "Transpose", {"axes": _fixed(given.option("perm"), "perm", given)}, Call((tensor,), {})


def _cast(given: _Arguments) -> Translated:
    tensor = given.take("x")
    dtype = given.option("dtype", "DType")
    dtype = "float32" if dtype in ("float16", "bfloat16", "float64") else dtype
    if dtype not in ("float32", "int32", "int64", "bool"):
        raise ModelError(f"{given.where}: casts to {dtype!r:.40}, expected float32, int32, int64 or bool")
    return "Cast", {"dtype": dtype}, Call((tensor,), {})


def _getitem(given: _Arguments) -> Translated:
    tensor = given.take("tensor")
    spec = given.option("slice_spec")
    return "GetItem", {}, Call((tensor, tuple(spec) if isinstance(spec, list) else spec), {})


def _matmul(given: _Arguments) -> Translated:
    first, second = given.take("a"), given.take("b")
    turned = [bool(given.option(name)) for name in ("transpose_a", "transpose_b")]
    if not any(turned):
        return "Matmul", {}, Call((first, second), {})
    subscripts = f"...{'ki' if turned[0] else 'ik'},...{'jk' if turned[1] else 'kj'}->...ij"
    return "Einsum", {"subscripts": subscripts}, Call((first, second), {})


def _clip(given: _Arguments) -> Translated:
    tensor = given.take("t")
    low, high = given.option("clip_value_min"), given.option("clip_value_max")
    return "Clip", {"x_min": low, "x_max": high}, Call((tensor,), {})


def _tile(given: _Arguments) -> Translated:
    tensor = given.take("input")
    return "Tile", {"repeats": _fixed(given.option("multiples"), "multiples", given)}, Call((tensor,), {})


def _leaky(given: _Arguments) -> Translated:
    tensor = given.take("features")
    return "LeakyRelu", {"negative_slope": given.option("alpha", default=0.2)}, Call((tensor,), {})


def _where(given: _Arguments) -> Translated:
    return "Where", {}, Call((given.take("condition"), given.take("x"), given.take("y")), {})


def _fixed(value: Any, name: str, given: _Arguments) -> Any:
    """A number or a list of numbers, not one that depends on data."""
    items: Sequence[Any] = value if isinstance(value, (list, tuple)) else [value]
    if not all(item is None or isinstance(item, int) for item in items):
        raise ModelError(f"{given.where}: {name} depends on data, expected numbers that are fixed")
    if isinstance(value, list) and len(value) == 1 and name == "axis":
        return value[0]
    return tuple(value) if isinstance(value, list) else value


_TRANSLATIONS: Mapping[str, _Translation] = {
    **{
        f"math.{name}": _binary(operation)
        for name, operation in {
            "not_equal": "NotEqual", "equal": "Equal", "greater": "Greater", "greater_equal": "GreaterEqual", "less": "Less",
            "less_equal": "LessEqual", "logical_and": "LogicalAnd", "logical_or": "LogicalOr", "add": "Add",
            "subtract": "Subtract", "multiply": "Multiply", "divide": "TrueDivide", "truediv": "TrueDivide",
            "maximum": "Maximum", "minimum": "Minimum", "pow": "Power",
        }.items()
    },
    **{
        f"math.{name}": _unary(operation)
        for name, operation in {
            "sigmoid": "Sigmoid", "tanh": "Tanh", "exp": "Exp", "log": "Log", "log1p": "Log1p", "sqrt": "Sqrt",
            "rsqrt": "Rsqrt", "square": "Square", "abs": "Absolute", "negative": "Negative", "softplus": "Softplus",
            "sign": "Sign",
            "logical_not": "LogicalNot", "erf": "Erf", "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos",
        }.items()
    },
    **{
        f"math.reduce_{name}": _reduced(operation)
        for name, operation in {
            "sum": "Sum", "mean": "Mean", "max": "Max", "min": "Min", "prod": "Prod", "any": "Any", "all": "All",
            "variance": "Var", "std": "Std", "logsumexp": "Logsumexp",
        }.items()
    },
    **{
        f"nn.{name}": _unary(operation)
        for name, operation in {
            "relu": "Relu", "relu6": "Relu6", "selu": "Selu", "softsign": "Softsign", "softplus": "Softplus",
            "sigmoid": "Sigmoid", "tanh": "Tanh",
        }.items()
    },
    "__operators__.add": _binary("Add"),
    "__operators__.getitem": _getitem,
    "cast": _cast,
    "clip_by_value": _clip,
    "compat.v1.squeeze": _with_axis("Squeeze", None, "squeeze_dims"),
    "compat.v1.transpose": _transpose,
    "concat": _with_axis("Concatenate", None, required=True),
    "expand_dims": _with_axis("ExpandDims", None, required=True),
    "linalg.matmul": _matmul,
    "nn.elu": _unary("Elu"),
    "nn.leaky_relu": _leaky,
    "nn.log_softmax": _with_axis("LogSoftmax", -1),
    "nn.silu": _unary("Silu"),
    "nn.softmax": _with_axis("Softmax", -1),
    "ones_like": _unary("OnesLike"),
    "reshape": _reshape,
    "squeeze": _with_axis("Squeeze", None),
    "stack": _with_axis("Stack", 0),
    "tile": _tile,
    "transpose": _transpose,
    "where": _where,
    "zeros_like": _unary("ZerosLike"),
}  # fmt: skip
