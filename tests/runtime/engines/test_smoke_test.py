"""A smoke test finds out what a library does to its process: fake libraries that die, hang, raise and babble."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.engines import ENGINES, smoke_test
from drupelet.engines.smoke_test import SmokeTestResult, _death, run_smoke_test
from drupelet.errors import FormatError

ONNX = ENGINES["onnx"]
OTHER = "install another version of onnxruntime, or use another engine"


@pytest.fixture
def tested(bundle_folder):
    """A function that runs the smoke test of the onnx engine with the tiny bundle."""
    bundle = open_bundle(bundle_folder)
    return lambda: run_smoke_test(ONNX, bundle, bundle.model("onnx"))


@pytest.fixture
def started(monkeypatch):
    """The commands of the processes that were started."""
    commands = []
    popen = subprocess.Popen

    def counted(command, **options):
        commands.append(command)
        return popen(command, **options)

    monkeypatch.setattr(subprocess, "Popen", counted)
    return commands


@pytest.mark.parametrize("name", ["litert", "onnx", "numpy"])
def test_a_library_that_works(name, full_bundle):
    if ENGINES[name].check() is not None:
        pytest.skip(ENGINES[name].check())
    model = full_bundle.model(ENGINES[name].format)
    assert run_smoke_test(ENGINES[name], full_bundle, model) == SmokeTestResult(ENGINES[name].version(), None)
    assert run_smoke_test(ENGINES[name]) == SmokeTestResult(ENGINES[name].version(), None)


def test_only_engines_of_foreign_libraries_are_tested():
    for name, engine in ENGINES.items():
        if engine.check() is None:
            assert bool(engine.libraries()) == (name != "native")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("SIGILL", "illegal instruction: this build does not fit this processor"),
        ("SIGABRT", "it aborted"),
        ("SIGSEGV", "segmentation fault"),
    ],
)
def test_a_library_that_kills_the_process_at_import(fake_library, tested, name, meaning):
    fake_library("onnxruntime", f"import os, signal; os.kill(os.getpid(), signal.{name})")
    reason = f"importing onnxruntime killed the process ({name}, {meaning}); {OTHER}"
    assert tested() == SmokeTestResult(None, reason)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
def test_the_library_that_is_to_blame_is_named(fake_library, tested):
    fake_library("numpy", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert tested().reason == (
        "importing numpy killed the process (SIGILL, illegal instruction: this build does not fit this processor); install "
        "another version of numpy, or use another engine"
    )


DIES_LATER = """
import os, signal
__version__ = "9.9"
class SessionOptions: pass
class InferenceSession:
    def __init__(self, *_, **__): {loading}
    def run(self, *_): {running}
"""
KILL = "os.kill(os.getpid(), signal.SIGILL)"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
@pytest.mark.parametrize(
    ("loading", "running", "doing"),
    [
        (KILL, "pass", r"loading model.f32.onnx with onnxruntime"),
        ("pass", KILL, r"answering a text with model.f32.onnx on onnxruntime"),
    ],
)
def test_a_library_that_dies_at_the_first_session_or_the_first_answer(
    fake_library, tested, numpy, loading, running, doing
):
    fake_library("onnxruntime", DIES_LATER.format(loading=loading, running=running))
    meaning = "SIGILL, illegal instruction: this build does not fit this processor"
    assert tested() == SmokeTestResult("onnxruntime 9.9", f"{doing} killed the process ({meaning}); {OTHER}")


def test_what_the_library_wrote_last_is_in_the_reason(fake_library, tested, capfd):
    fake_library("onnxruntime", "import os; os.write(2, b'much\\nnoise\\ncannot parse /proc/cpuinfo\\n'); os.abort()")
    assert "(SIGABRT, it aborted): 'cannot parse /proc/cpuinfo'; install another" in tested().reason
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("code", ["import os; os._exit(0)", "import os; os._exit(3)"])
def test_leaving_without_an_answer_is_no_answer(fake_library, tested, code):
    fake_library("onnxruntime", code)
    status = code[-2]
    reason = f"importing onnxruntime ended the process without an answer (exit status {status}); {OTHER}"
    assert tested() == SmokeTestResult(None, reason)


def test_a_library_that_hangs(fake_library, tested, monkeypatch, started):
    monkeypatch.setattr(smoke_test, "SMOKE_TEST_SECONDS", 3)
    # What it has started itself holds its stdout and stderr open, and is left alone.
    fake_library(
        "onnxruntime",
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])\n"
        "sys.stderr.write('waiting for a licence'); sys.stderr.flush(); time.sleep(600)",
    )
    began = time.monotonic()
    reason = f"importing onnxruntime did not end within 3 s: 'waiting for a licence'; {OTHER}"
    assert tested() == SmokeTestResult(None, reason)
    assert time.monotonic() - began < 15
    assert tested().reason == reason
    assert len(started) == 1


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("raise RuntimeError('line one\\nline two')", "RuntimeError: line two"),
        ("raise SystemError", "SystemError"),
        ("raise OSError(8, 'Exec format error')", "OSError: [Errno 8] Exec format error"),
        ("import sys; sys.exit('not today')", "SystemExit: not today"),
        ("raise ImportError('libfoo.so.1: wrong ELF class: ELFCLASS64')", "libfoo.so.1: wrong ELF class: ELFCLASS64"),
    ],
)
def test_a_library_that_raises_at_import(fake_library, tested, code, detail):
    fake_library("onnxruntime", code)
    found = tested()
    assert found.version is None
    assert found.reason.startswith(f"the Python module onnxruntime is installed but broken ({detail}); ")


def test_a_library_that_raises_what_is_no_error_at_all(fake_library, tested):
    fake_library("onnxruntime", "class Odd(BaseException): pass\nraise Odd('boo')")
    assert tested().reason.startswith("importing onnxruntime raised Odd: boo; install it again for this machine")


def test_a_library_that_raises_what_no_engine_expects(fake_library, tested, numpy):
    fake_library("onnxruntime", DIES_LATER.format(loading="pass", running="raise KeyboardInterrupt"))
    assert tested() == SmokeTestResult(
        "onnxruntime 9.9",
        "answering a text with model.f32.onnx on onnxruntime raised KeyboardInterrupt; install it again for this machine, "
        "or use another engine",
    )


NUMPY_2 = """
def Interpreter(**_):
    try:
        raise ImportError("numpy.core.multiarray failed to import")
    except ImportError as error:
        raise SystemError("returned a result with an exception set") from error
"""


def test_a_library_built_for_numpy_1_beside_numpy_2(fake_library, full_bundle):
    """As tflite-runtime 2.14 does it: when the first model is loaded."""
    model = full_bundle.model("tflite")
    if model is None:
        pytest.skip(ENGINES["litert"].check())
    (fake_library("ai_edge_litert", "") / "interpreter.py").write_text(NUMPY_2)
    sentence = (
        "loading model.f32.tflite with ai_edge_litert raised SystemError: returned a result with an exception set (from "
        "numpy.core.multiarray failed to import); it was built for numpy 1, and numpy 2 is installed: pip install 'numpy<2', "
        "or use another engine"
    )
    assert run_smoke_test(ENGINES["litert"], full_bundle, model) == SmokeTestResult(
        ENGINES["litert"].version(), sentence
    )
    with pytest.raises(drupelet.EngineUnavailableError) as told:
        drupelet.load(full_bundle, "litert")
    assert str(told.value) == f"{full_bundle.path}: engine 'litert' cannot run: {sentence}"


def test_noise_does_not_get_between_the_lines(fake_library, tested, capfd, tmp_path, monkeypatch):
    noise = (
        "import os, sys\nprint('{\\\"done\\\": true}'); os.write(1, b'drupelet-smoke-test {\\\"done\\\": true}\\n')\n"
    )
    (tmp_path / "sitecustomize.py").write_text("print('good morning')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    fake_library("onnxruntime", f"{noise}os._exit(0)")
    assert "without an answer (exit status 0)" in tested().reason
    assert capfd.readouterr() == ("", "")


def test_a_file_that_the_library_refuses_is_no_fault_of_the_engine(bundle_copy, replace_file, onnx):
    replace_file(bundle_copy, "model.f32.onnx", b"\x08\x07")
    bundle = open_bundle(bundle_copy)
    found = run_smoke_test(ONNX, bundle, bundle.model("onnx"))
    assert (found.version, found.reason) == (ONNX.version(), None)
    assert "model.f32.onnx: onnxruntime " in found.refusal
    assert " refuses the file (" in found.refusal


def test_a_damaged_file_stays_an_error_with_its_name(bundle_copy, monkeypatch, numpy):
    (bundle_copy / "model.f32.drupelet").write_bytes(b"short")
    monkeypatch.setattr(ENGINES["native"], "check", lambda: "no native today", raising=False)
    monkeypatch.setattr(ONNX, "check", lambda: "no onnx today", raising=False)
    with pytest.raises(drupelet.IntegrityError, match=r"tiny: model\.f32\.drupelet: 5 bytes, the manifest says"):
        drupelet.load(bundle_copy)


def test_an_outcome_is_remembered_for_engine_and_file(started, bundle_copy, replace_file, tmp_path, monkeypatch, onnx):
    monkeypatch.syspath_prepend(tmp_path)  # another sys.path is another machine, as far as smoke tests go
    bundle = open_bundle(bundle_copy)
    for _ in range(3):
        assert run_smoke_test(ONNX, bundle, bundle.model("onnx")).reason is None
    assert len(started) == 1
    run_smoke_test(ENGINES["numpy"], bundle, bundle.model("drupelet"))
    assert len(started) == 2
    replace_file(bundle_copy, "model.f32.onnx", b"\x08\x07")
    changed = open_bundle(bundle_copy)
    assert run_smoke_test(ONNX, changed, changed.model("onnx")).refusal is not None
    assert len(started) == 3


def test_a_library_that_cannot_be_imported_is_not_tested_with_every_file(
    started, bundle_copy, replace_file, fake_library
):
    fake_library("onnxruntime", "import os; os.abort()")
    bundle = open_bundle(bundle_copy)
    first = run_smoke_test(ONNX, bundle, bundle.model("onnx"))
    replace_file(bundle_copy, "model.f32.onnx", b"other")
    changed = open_bundle(bundle_copy)
    assert run_smoke_test(ONNX, changed, changed.model("onnx")) == run_smoke_test(ONNX) == first
    assert len(started) == 1


def test_the_child_imports_what_this_process_would(fake_library, tmp_path, monkeypatch, tested):
    fake_library("onnxruntime", "raise RuntimeError(__file__)")
    (tmp_path / "json.py").write_text("raise SystemExit('json of the current folder')")
    monkeypatch.chdir(tmp_path)  # which -c would put in front, and this sys.path does not have
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", str(tmp_path))])
    assert "onnxruntime/__init__.py" in tested().reason.replace(os.sep, "/")


def test_no_shell_no_input_and_no_smoke_test_in_a_smoke_test(fake_library, tested, started):
    fake_library(
        "onnxruntime",
        "import os, sys\nraise RuntimeError(repr((sys.stdin.read(), os.environ['DRUPELET_SMOKE_TEST'])))",
    )
    assert "RuntimeError: ('', '1')" in tested().reason
    assert started[0][0] == sys.executable
    assert "-c" in started[0]


def not_an_interpreter(monkeypatch, tmp_path, case):
    if case == "frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    elif case == "in a smoke test":
        monkeypatch.setenv(smoke_test.CHILD_VARIABLE, "1")
    else:
        monkeypatch.setattr(
            sys,
            "executable",
            {"none": None, "empty": "", "embedded": shutil.which("true"), "compiled": str(tmp_path / "python")}[case],
        )


@pytest.mark.parametrize("case", ["frozen", "none", "empty", "embedded", "compiled", "in a smoke test"])
def test_where_there_is_no_interpreter_to_start_nothing_is_started(monkeypatch, tmp_path, tested, started, onnx, case):
    not_an_interpreter(monkeypatch, tmp_path, case)
    assert tested() == SmokeTestResult(ONNX.version(), None)
    assert started == []


def test_an_import_that_fails_where_no_process_can_be_started(monkeypatch, tmp_path, tested, fake_library):
    not_an_interpreter(monkeypatch, tmp_path, "frozen")
    fake_library("onnxruntime", "raise RuntimeError('no')")
    assert tested() == SmokeTestResult(
        None,
        "the Python module onnxruntime is installed but broken (RuntimeError: no); install it again for this machine",
    )


def test_a_process_that_cannot_be_started_is_a_reason_and_is_started_again(monkeypatch, tmp_path, bundle_folder, onnx):
    monkeypatch.syspath_prepend(tmp_path)
    bundle = open_bundle(bundle_folder)
    (tmp_path / "python-without-rights").touch(mode=0o600)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(tmp_path / "python-without-rights"))
        found = run_smoke_test(ONNX, bundle, bundle.model("onnx"))
    assert found.reason.startswith("cannot start a process for its smoke test ([Errno 13] Permission denied")
    assert found.reason.endswith("); load(bundle, 'onnx') does without a smoke test")
    assert run_smoke_test(ONNX, bundle, bundle.model("onnx")).reason is None


def test_a_process_that_fails_before_it_begins(monkeypatch, tested, tmp_path):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(smoke_test, "PROGRAM", "raise SystemExit('no such luck')")
    assert tested().reason == (
        "the process of its smoke test did not begin (ended the process without an answer (exit status 1)): 'no such luck'; "
        "load(bundle, 'onnx') does without a smoke test"
    )


def test_how_a_process_ended():
    assert _death(0xC000001D) == (
        "killed the process (0xC000001D, illegal instruction: this build does not fit this processor)"
    )
    assert _death(0xC0000005) == "killed the process (0xC0000005, access violation)"
    assert _death(-1000) == "killed the process (signal 1000)"
    assert _death(3) == "ended the process without an answer (exit status 3)"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
def test_a_signal_without_a_meaning_of_its_own():
    assert _death(-signal.SIGTERM) == "killed the process (SIGTERM)"


def test_the_native_engine_starts_no_process(bundle_folder, monkeypatch, usable_engines):
    def none(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", none)
    monkeypatch.setattr(os, "fork", none, raising=False)
    for name in usable_engines:  # nor does a named engine
        assert drupelet.load(bundle_folder, name).engine == name
    if "native" in usable_engines:
        assert drupelet.load(bundle_folder).engine == "native"


def test_auto_goes_on_when_a_library_dies(bundle_folder, monkeypatch, fake_library, numpy):
    fake_library("onnxruntime", "import os; os.abort()")
    monkeypatch.setattr(ENGINES["native"], "check", lambda: "no native today", raising=False)
    assert drupelet.load(bundle_folder)("good").label
    assert drupelet.load(bundle_folder).engine == "numpy"
    monkeypatch.setattr(ENGINES["numpy"], "check", lambda: "no numpy today", raising=False)
    with pytest.raises(
        drupelet.EngineUnavailableError,
        match=r"no engine can run this bundle here\. native: no native today; .*; onnx: importing onnxruntime killed the "
        r"process \(SIGABRT, it aborted\)[^;]*; install another version of onnxruntime, or use another engine; "
        r"numpy: no numpy today$",
    ):
        drupelet.load(bundle_folder)


def test_auto_still_names_a_forged_file(bundle_copy, monkeypatch, edit_manifest, numpy):
    monkeypatch.setattr(ENGINES["native"], "check", lambda: "no native today", raising=False)
    monkeypatch.setattr(ONNX, "check", lambda: "no onnx today", raising=False)
    edit_manifest(bundle_copy, lambda data: data["models"][0].update(scheme="f16"))
    with pytest.raises(FormatError, match="its scheme is f32, the manifest says f16"):
        drupelet.load(bundle_copy)
