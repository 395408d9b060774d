"""The audit reads the operators of a TFLite file, and refuses custom operators and those that keep state."""

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from drupelet_export.emitters.tflite_audit import STATEFUL, builtin_operators
from drupelet_export.errors import EmitError


def tflite_file(*operators):
    """A TFLite file that needs these operators: name, version, custom code."""
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = []
    for name, version, custom in operators:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        code.customCode = custom
        model.operatorCodes.append(code)
    builder = flatbuffers.Builder(256)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_operators_are_named_with_the_newest_version_needed():
    content = tflite_file(
        ("WHILE", 1, None), ("FULLY_CONNECTED", 4, None), ("FULLY_CONNECTED", 9, None), ("GELU", 2, None)
    )
    assert builtin_operators(content) == {"FULLY_CONNECTED": 9, "GELU": 2, "WHILE": 1}
    assert list(builtin_operators(content)) == ["FULLY_CONNECTED", "GELU", "WHILE"]


def test_codes_beyond_the_old_field_are_read():
    assert schema.BuiltinOperator.GELU > 127
    assert builtin_operators(tflite_file(("GELU", 1, None))) == {"GELU": 1}


@pytest.mark.parametrize("name", [b"FlexTensorListReserve", b"MyOp"])
def test_a_custom_operator_is_refused(name):
    with pytest.raises(EmitError, match=f"TFLite file: needs the custom operator {name!r}, expected builtin ones only"):
        builtin_operators(tflite_file(("WHILE", 1, None), ("CUSTOM", 1, name)))


def test_a_custom_operator_without_a_name_is_refused():
    with pytest.raises(EmitError, match="needs the custom operator None"):
        builtin_operators(tflite_file(("CUSTOM", 1, None)))


@pytest.mark.parametrize("name", sorted(STATEFUL))
def test_an_operator_that_keeps_state_is_refused(name):
    with pytest.raises(EmitError, match=f"TFLite file: {name} keeps state from one text to the next"):
        builtin_operators(tflite_file(("ADD", 1, None), (name, 1, None)))


def test_every_name_in_the_list_is_an_operator():
    assert all(hasattr(schema.BuiltinOperator, name) for name in STATEFUL)
