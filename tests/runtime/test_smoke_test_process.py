"""The child process of a smoke test prints its steps and the result, and nothing else on its standard output."""

import json
import os
import subprocess
import sys

import pytest

from drupelet.engines.smoke_test import REPORT_PREFIX

PROGRAM = "import sys; from drupelet.smoke_test_process import main; main(*sys.argv[1:4])"


@pytest.fixture
def process(tmp_path):
    """A function that runs the program with a module of this code in place of onnxruntime, and gives what it told."""

    def run(code, place="", file=""):
        (tmp_path / "onnxruntime.py").write_text(code)
        (tmp_path / "numpy.py").write_text("")  # the engine asks for it first
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "onnx", str(place), file],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            timeout=60,
            check=True,
        )
        lines = done.stdout.splitlines()
        assert all(line.startswith(REPORT_PREFIX) for line in lines)
        return [json.loads(line[len(REPORT_PREFIX) :]) for line in lines], done.stderr.decode()

    return run


def test_each_step_is_told_before_it_is_taken(process):
    told, _ = process("__version__ = '9.9'")
    assert told == [
        {"doing": "importing numpy", "library": "numpy"},
        {"doing": "importing onnxruntime", "library": "onnxruntime"},
        {"version": "onnxruntime 9.9"},
        {"done": True},
    ]


def test_a_library_that_fails_to_load_a_file_is_told_with_the_step(process, bundle_folder):
    told, _ = process("__version__ = '9.9'\nSessionOptions = InferenceSession = None", bundle_folder, "model.f32.onnx")
    assert {"doing": "loading model.f32.onnx with onnxruntime"} in told
    assert told[-1]["done"]
    assert told[-1]["reason"].startswith("loading model.f32.onnx with onnxruntime raised TypeError: ")


def test_the_library_prints_to_standard_error(process):
    told, err = process("import os; print('hello', flush=True); os.write(1, b'good morning'); __version__ = '9.9'")
    assert told[-1] == {"done": True}
    assert "hello" in err
    assert "good morning" in err


def test_an_error_before_the_version_is_a_reason_and_one_after_it_a_refusal(process, bundle_copy):
    told, _ = process("raise RuntimeError('no')")
    assert "the Python module onnxruntime is installed but broken (RuntimeError: no)" in told[-1]["reason"]
    (bundle_copy / "model.f32.onnx").write_bytes(b"short")
    told, _ = process("__version__ = '9.9'", bundle_copy, "model.f32.onnx")
    assert "model.f32.onnx: 5 bytes, the manifest says" in told[-1]["refusal"]
    assert "reason" not in told[-1]


def test_the_end_of_the_process_runs_no_code_of_the_library(process):
    told, err = process("import atexit; atexit.register(print, 'goodbye', flush=True); __version__ = '9.9'")
    assert told[-1] == {"done": True}
    assert "goodbye" not in err


@pytest.mark.skipif(os.name != "posix", reason="Windows has no core files")
def test_the_process_leaves_no_core_file(process):
    told, err = process("import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0]); __version__ = '9.9'")
    assert told[-1] == {"done": True}
    assert err.splitlines()[-1] == "0"
