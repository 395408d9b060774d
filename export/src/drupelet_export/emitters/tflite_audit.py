"""Opens a TFLite file again after it was written, and says which operators and versions it needs."""

from __future__ import annotations

from typing import Any

from drupelet_export.errors import EmitError

STATEFUL = frozenset(
    {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM",
     "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF", "CALL_ONCE"}
)  # fmt: skip
"""Operators that keep something from one text to the next."""


def builtin_operators(content: bytes) -> dict[str, int]:
    """The builtin operators of a TFLite file, each with the version it needs.

    Raises EmitError when the file needs a custom or Flex operator, or one that keeps state.
    """
    from ai_edge_litert import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    model: Any = schema.Model.GetRootAsModel(content, 0)
    operators: dict[str, int] = {}
    for place in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(place)
        # Codes below 127 stand in the older, one-byte field.
        name = names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        if code.CustomCode() is not None or name == "CUSTOM":
            raise EmitError(f"TFLite file: needs the custom operator {code.CustomCode()!r}, expected builtin ones only")
        if name in STATEFUL:
            raise EmitError(f"TFLite file: {name} keeps state from one text to the next")
        operators[name] = max(operators.get(name, 0), code.Version())
    return dict(sorted(operators.items()))
