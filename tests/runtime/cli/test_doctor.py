import platform

import drupelet
from drupelet.engines import ENGINES


def test_machine_and_engines(run, run_json):
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


def test_with_a_bundle_it_says_what_runs_that(run_json, bundle_folder):
    status, document = run_json("doctor", bundle_folder)
    assert status == 0
    reasons = {engine["engine"]: engine["reason"] for engine in document["engines"]}
    assert "the bundle has no tflite file" in reasons["litert"]
    assert reasons["numpy"] is None
    assert document["bundle"] == str(bundle_folder)


def test_nothing_that_can_run_is_status_1(run, monkeypatch):
    for engine in ENGINES.values():
        monkeypatch.setattr(engine, "check", lambda name=engine.name: f"no {name}: pip install it", raising=False)
    status, out, _ = run("doctor")
    assert status == 1
    for name in ENGINES:
        assert f"no {name}: pip install it" in out
