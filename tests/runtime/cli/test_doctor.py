import platform

import drupelet
from drupelet.engines import ENGINES, smoke_test


def test_machine_and_engines(run, run_json, any_engine):
    status, document = run_json("doctor")
    assert status == 0
    assert document["schema_version"] == 1
    assert document["drupelet"] == drupelet.__version__
    assert (document["python"], document["machine"]) == (platform.python_version(), platform.machine())
    assert [engine["engine"] for engine in document["engines"]] == list(ENGINES)
    for engine in document["engines"]:
        assert (engine["version"] is None) == (ENGINES[engine["engine"]].check() is not None)
    status, out, err = run("doctor")
    assert (status, err) == (0, "")
    assert out.startswith(f"drupelet {drupelet.__version__}, Python {platform.python_version()}, ")
    assert len(out.splitlines()) == 2 + len(ENGINES)


def test_with_a_bundle_it_says_what_runs_that(run_json, bundle_folder, any_engine):
    status, document = run_json("doctor", bundle_folder)
    assert status == 0
    reasons = {engine["engine"]: engine["reason"] for engine in document["engines"]}
    assert (ENGINES["litert"].check() or "the bundle has no tflite file") in reasons["litert"]
    assert reasons[any_engine] is None
    assert document["bundle"] == str(bundle_folder)


def test_every_engine_loads_its_first_file_and_answers(run_json, bundle_folder):
    _, document = run_json("doctor", bundle_folder)
    assert [list(engine) for engine in document["engines"]] == [["engine", "format", "version", "reason", "file"]] * 4
    files = {engine["engine"]: engine["file"] for engine in document["engines"]}
    expected = {
        "native": "model.f32.drupelet", "litert": None, "onnx": "model.f32.onnx", "numpy": "model.f32.drupelet"
    }  # fmt: skip
    assert files == {name: file if ENGINES[name].check() is None else None for name, file in expected.items()}


def test_engines_that_crash_hang_or_raise_are_lines_of_the_table(run, fake_library, monkeypatch, usable_engines):
    monkeypatch.setattr(smoke_test, "SMOKE_TEST_SECONDS", 3)
    fake_library("ai_edge_litert", "import time; time.sleep(600)")
    fake_library("onnxruntime", "import os; os.abort()")
    status, out, err = run("doctor")
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines()[2:]}
    assert list(lines) == list(ENGINES)
    assert all(lines[name].split()[1:3] == ["drupelet", "yes"] for name in usable_engines)
    for engine, reason in {
        "litert": "importing ai_edge_litert did not end within 3 s; install another version",
        "onnx": "importing onnxruntime killed the process (SIGABRT, it aborted); install another version",
    }.items():
        assert lines[engine].split()[2:4] == ["no", "-"]
        assert reason in lines[engine]


def test_a_library_of_the_system_that_is_missing(run_json, fake_library):
    fake_library("numpy", "raise ImportError('libopenblas.so.0: cannot open shared object file')")
    _, document = run_json("doctor")
    for engine in document["engines"][1:]:
        if ENGINES[engine["engine"]].check() is None:  # all of them need numpy first
            assert engine["reason"] == (
                "the Python module numpy is installed but broken (libopenblas.so.0: cannot open shared object file); a "
                "library of the system is missing (apt install it), or the module was built for another processor (install "
                "it again on this machine)"
            )


def test_a_library_that_kills_its_process(run_json, bundle_folder, fake_library, any_engine):
    fake_library("onnxruntime", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    status, document = run_json("doctor", bundle_folder)
    assert status == 0
    assert document["engines"][2]["reason"] == (
        "importing onnxruntime killed the process (SIGILL, illegal instruction: this build does not fit this processor); "
        "install another version of onnxruntime, or use another engine"
    )


def test_progress_on_a_terminal(run, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run("doctor")[2] == "testing the engines (at most 60 s)\n"


def test_a_bundle_of_another_format_version(run, bundle_copy, edit_manifest):
    edit_manifest(bundle_copy, lambda data: data.update(format_version=4))
    status, out, err = run("doctor", bundle_copy)
    assert (status, out) == (2, "")
    assert err == (
        f"drupelet doctor: {bundle_copy / 'manifest.json'}: bundle format 4, this release reads 3; upgrade drupelet or "
        "export again\n"
    )


def test_nothing_that_can_run_is_status_1(run, monkeypatch):
    for engine in ENGINES.values():
        monkeypatch.setattr(engine, "check", lambda name=engine.name: f"no {name}: pip install it", raising=False)
    status, out, _ = run("doctor")
    assert status == 1
    for name in ENGINES:
        assert f"no {name}: pip install it" in out
