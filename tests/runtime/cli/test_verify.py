import json
import os

import pytest

from drupelet.engines import ENGINES
from drupelet.proof import HOW_TO_CHECK


def test_a_right_bundle_is_status_0(run, full_bundle_folder, engine_name):
    status, out, err = run("verify", full_bundle_folder, "--engine", engine_name)
    assert (status, err) == (0, "")
    header, *rows, how_to_check, verdict = out.splitlines()
    assert header.split() == ["file", "engine", "suite", "n", "flips", "max", "dp", "verdict"]
    assert [row.split()[1:5] for row in rows] == [[engine_name, "held_out", "4", "0"], [engine_name, "edge", "5", "0"]]
    assert how_to_check == HOW_TO_CHECK
    assert verdict == (
        f"{full_bundle_folder}: verified: this device answers like Keras from the ids on; text to ids was not checked"
    )


def test_a_proof_from_the_text_on_names_its_reference(run, run_json, bundle_copy, edit_manifest, any_engine):
    edit_manifest(bundle_copy, lambda data: data.update(proof="text", reference="answers.csv (300 texts)"))
    status, out, _ = run("verify", bundle_copy, "--engine", any_engine)
    assert status == 0
    assert HOW_TO_CHECK not in out
    assert out.splitlines()[-1] == (
        f"{bundle_copy}: verified: this device answers like Keras from the text on, compared with answers.csv (300 texts)"
    )
    document = run_json("verify", bundle_copy, "--engine", any_engine)[1]
    assert (document["proof"], document["reference"]) == ("text", "answers.csv (300 texts)")


def test_json_is_one_document(run_json, bundle_folder, any_engine):
    status, document = run_json("verify", bundle_folder)
    assert status == 0
    assert (document["schema_version"], document["passed"]) == (1, True)
    assert [result["file"] for result in document["results"]] == [
        "model.f32.drupelet",
        "model.f32.onnx",
        "model.f32.drupelet",
    ]


def test_a_zip(run, bundle_folder, tmp_path, as_zip, any_engine):
    assert run("verify", as_zip(bundle_folder, tmp_path / "tiny.zip"))[0] == 0


def test_a_failed_check_is_status_1_and_says_what_failed(run, run_json, bundle_copy, replace_file, any_engine):
    goldens = (bundle_copy / "goldens.jsonl").read_bytes()
    replace_file(bundle_copy, "goldens.jsonl", goldens.replace(b'"probabilities": [0.', b'"probabilities": [0.1', 1))
    status, out, err = run("verify", bundle_copy, "--engine", any_engine)
    assert (status, err) == (1, "")
    assert "FAILED" in out
    assert f"failed: model.f32.drupelet {any_engine} held_out: a probability is off by" in out
    assert out.splitlines()[-1] == f"{bundle_copy}: NOT VERIFIED"
    status, document = run_json("verify", bundle_copy)
    assert (status, document["passed"]) == (1, False)


def test_nothing_compared_is_status_1(run, bundle_copy, replace_file, any_engine):
    replace_file(bundle_copy, "goldens.jsonl", b"")
    status, out, _ = run("verify", bundle_copy, "--engine", any_engine)
    assert status == 1
    assert "nothing was compared" in out


def test_no_engine_is_status_1_and_says_why(run, run_json, bundle_folder, monkeypatch):
    for name in ("native", "onnx", "numpy"):
        monkeypatch.setattr(ENGINES[name], "check", lambda name=name: f"no {name} today", raising=False)
    status, out, _ = run("verify", bundle_folder)
    assert status == 1
    assert out.splitlines() == [
        "no engine could run a file of this bundle",
        "not run: model.f32.drupelet on native: no native today",
        "not run: model.f32.onnx on onnx: no onnx today",
        "not run: model.f32.drupelet on numpy: no numpy today",
        f"{bundle_folder}: NOT VERIFIED",
    ]
    assert run_json("verify", bundle_folder)[0] == 1


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("nunpy", "engine 'nunpy' is not known; did you mean 'numpy'?"),
        ("litert", "engine 'litert' cannot run: the bundle has no tflite file"),
    ],
)
def test_an_engine_that_cannot_be_is_status_2(run, bundle_folder, engine, message):
    status, out, err = run("verify", bundle_folder, "--engine", engine, "--json")
    assert (status, out) == (2, "")
    assert message in err


def test_a_damaged_bundle_is_status_2_and_names_the_file(run, bundle_copy):
    with (bundle_copy / "model.f32.onnx").open("ab") as file:
        file.write(b"\0")
    status, out, err = run("verify", bundle_copy)
    assert (status, out) == (2, "")
    assert "model.f32.onnx: more than" in err


def test_a_single_file_has_no_goldens(run, bundle_folder):
    status, _, err = run("verify", bundle_folder / "model.f32.drupelet")
    assert status == 2
    assert "no goldens to verify with" in err


def test_answers_are_those_of_predict(run, run_json, full_bundle_folder, engine_name):
    status, document = run_json("verify", full_bundle_folder, "--engine", engine_name, "--answers")
    assert status == 0
    goldens = [json.loads(line) for line in (full_bundle_folder / "goldens.jsonl").read_text().splitlines()]
    chosen = [golden for golden in goldens if golden["text"].isascii() and golden["text"]]
    texts = [golden["text"] * golden["times"] for golden in chosen]
    _, predicted = run_json("predict", full_bundle_folder, *texts, "--engine", engine_name)
    (row,) = document["results"]
    assert len(predicted["predictions"]) == len(chosen)
    for golden, prediction in zip(chosen, predicted["predictions"]):
        names = [other["name"] for other in goldens if other["suite"] == golden["suite"]]
        answer = row["answers"][golden["suite"]][names.index(golden["name"])]
        assert answer == pytest.approx(prediction["probabilities"], abs=1e-6)
    assert {suite: len(rows) for suite, rows in row["answers"].items()} == {
        suite: comparison["n"] for suite, comparison in row["suites"].items()
    }


def test_answers_need_json(run, bundle_folder):
    status, out, err = run("verify", bundle_folder, "--answers")
    assert (status, out) == (2, "")
    assert "--answers without --json; give both to get the probabilities of every golden" in err


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
def test_an_engine_that_crashes_is_not_run_or_status_2_when_it_is_named(run, bundle_folder, fake_library, any_engine):
    fake_library("onnxruntime", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    reason = "importing onnxruntime killed the process (SIGILL, illegal instruction"
    status, out, err = run("verify", bundle_folder)
    assert (status, err) == (0, "")
    assert f"not run: model.f32.onnx on onnx: {reason}" in out
    status, out, err = run("verify", bundle_folder, "--engine", "onnx")
    assert (status, out) == (2, "")
    assert err.startswith(f"drupelet verify: {bundle_folder}: engine 'onnx' cannot run: {reason}")
