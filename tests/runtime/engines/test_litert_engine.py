import sys
import types

import pytest

from drupelet.engines import ENGINES
from drupelet.engines.litert_engine import LIBRARIES, LitertSession
from drupelet.errors import EngineUnavailableError, InputError
from runtime.costly_networks import attention_of

ENGINE = ENGINES["litert"]


def fake_interpreter(error):
    class Interpreter:
        def __init__(self, **_):
            raise error

    return types.SimpleNamespace(Interpreter=Interpreter)


def test_the_libraries_in_order_of_preference():
    assert LIBRARIES == {"ai_edge_litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime"}


@pytest.mark.parametrize(
    ("machine", "python", "remedy"),
    [
        ("aarch64", (3, 13), "pip install ai-edge-litert"),
        ("armv7l", (3, 11), "pip install tflite-runtime 'numpy<2'"),
        (
            "armv7l",
            (3, 13),
            "ai-edge-litert has no wheel for armv7l, tflite-runtime has no wheel for Python 3.13 on armv7l (3.9 to 3.11 in "
            "2026-11); use the native engine",
        ),
    ],
)
def test_neither_library(monkeypatch, machine, python, remedy):
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("sys.version_info", python)
    for module in LIBRARIES:
        monkeypatch.setitem(sys.modules, module, None)
    assert ENGINE.check() == (f"neither of the Python modules ai_edge_litert and tflite_runtime is installed: {remedy}")


def test_the_library_is_the_preferred_one_of_those_that_are_installed(monkeypatch, tmp_path):
    (tmp_path / "tflite_runtime.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    assert ENGINE.libraries() == ("numpy", "tflite_runtime.interpreter")


@pytest.mark.parametrize("error", [ValueError("op version 9"), RuntimeError("cannot allocate")])
def test_a_file_that_the_interpreter_refuses(full_bundle, monkeypatch, error):
    if ENGINE.check() is not None:
        pytest.skip(ENGINE.check())
    module = ENGINE.libraries()[-1]
    monkeypatch.setitem(sys.modules, module, fake_interpreter(error))
    library = LIBRARIES[module.partition(".")[0]]
    with pytest.raises(
        EngineUnavailableError,
        match=rf"full: model\.f32\.tflite: {library} [\d.]+ refuses the file \({error}\); it needs {{}}",
    ):
        ENGINE.load(full_bundle, full_bundle.model("tflite"))


def test_lengths_may_change_from_text_to_text(full_bundle):
    if ENGINE.check() is not None:
        pytest.skip(ENGINE.check())
    session = ENGINE.load(full_bundle, full_bundle.model("tflite"))
    alone = [session.run([[3] * length])[0] for length in (0, 1, 8, 2, 2, 0)]
    assert session.run([[3] * length for length in (0, 1, 8, 2, 2, 0)]) == alone
    assert alone[0] == alone[5]


def test_a_text_whose_attention_has_no_room_is_refused_before_the_library_sees_it():
    pytest.importorskip("numpy")
    details = [{"index": 0, "shape": (1,)}]
    interpreter = types.SimpleNamespace(get_input_details=lambda: details, get_output_details=lambda: details)
    session = LitertSession(interpreter, attention_of(16), "attention.tflite")
    with pytest.raises(InputError, match=r"^a text of 20000 tokens: LiteRT would take 1600000000 bytes to compute it"):
        session.run([[2] * 20_000])
