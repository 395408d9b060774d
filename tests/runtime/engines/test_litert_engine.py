import sys
import types

import pytest

from drupelet.engines import ENGINES
from drupelet.engines.litert_engine import LIBRARIES
from drupelet.errors import EngineUnavailableError

ENGINE = ENGINES["litert"]


def fake_interpreter(error):
    class Interpreter:
        def __init__(self, **_):
            raise error

    return types.SimpleNamespace(Interpreter=Interpreter)


def test_the_libraries_in_order_of_preference():
    assert LIBRARIES == {"ai_edge_litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime"}


def test_neither_library(monkeypatch):
    for module in LIBRARIES:
        monkeypatch.setitem(sys.modules, module, None)
    assert ENGINE.check() == (
        "neither of the Python modules ai_edge_litert and tflite_runtime is installed: pip install ai-edge-litert (64-bit) "
        "or tflite-runtime (32-bit Arm, Python up to 3.11, numpy < 2)"
    )


@pytest.mark.parametrize("error", [ValueError("op version 9"), RuntimeError("cannot allocate")])
def test_a_file_that_the_interpreter_refuses(full_bundle, monkeypatch, error):
    if ENGINE.check() is not None:
        pytest.skip(ENGINE.check())
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", fake_interpreter(error))
    with pytest.raises(
        EngineUnavailableError,
        match=rf"full: model\.f32\.tflite: ai-edge-litert [\d.]+ refuses the file \({error}\); it needs {{}}",
    ):
        ENGINE.load(full_bundle, full_bundle.model("tflite"))


def test_lengths_may_change_from_text_to_text(full_bundle):
    if ENGINE.check() is not None:
        pytest.skip(ENGINE.check())
    session = ENGINE.load(full_bundle, full_bundle.model("tflite"))
    alone = [session.run([[3] * length])[0] for length in (0, 1, 8, 2, 2, 0)]
    assert session.run([[3] * length for length in (0, 1, 8, 2, 2, 0)]) == alone
    assert alone[0] == alone[5]
