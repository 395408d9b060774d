import json
import os

import pytest

from drupelet.engines import ENGINES
from drupelet.goldens import without_users_texts, write_goldens
from drupelet.proof import HOW_TO_CHECK, HOW_TO_GIVE_TEXTS
from runtime.signer import NAME, key_line, signature_file


def test_a_right_bundle_is_status_0(run, full_bundle_folder, engine_name):
    status, out, err = run("verify", full_bundle_folder, "--engine", engine_name)
    assert (status, err) == (0, "")
    header, *rows, advice, verdict = out.splitlines()
    assert header.split() == ["file", "engine", "suite", "n", "flips", "max", "dp", "verdict"]
    assert [row.split()[1:5] for row in rows] == [[engine_name, "held_out", "4", "0"], [engine_name, "edge", "5", "0"]]
    assert advice == HOW_TO_CHECK
    assert verdict == (
        f"{full_bundle_folder}: verified: this device answers like Keras from the ids on; text to ids was not checked"
    )


def test_a_bundle_that_was_proved_from_the_text_on_says_so(run, bundle_copy, any_engine):
    manifest = json.loads((bundle_copy / "manifest.json").read_text())
    manifest.update(proof="text", reference="its training run")
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest))
    status, out, _ = run("verify", bundle_copy)
    assert status == 0
    claim = "answers like Keras from the text on, compared with its training run"
    assert out.splitlines()[-1] == f"{bundle_copy}: verified: this device {claim}"
    assert HOW_TO_CHECK not in out


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
    status, out, err = run("verify", bundle_copy, "--json")
    said = json.loads(out)
    assert (status, said["bundle"], err) == (2, str(bundle_copy), f"drupelet verify: {said['error']}\n")


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


@pytest.fixture
def private_bundle(bundle_copy, replace_file, edit_manifest, goldens):
    """A bundle that was proved from the text on and leaves out its four held-out texts."""
    edit_manifest(bundle_copy, lambda data: data.update(proof="text", reference="its training run"))
    replace_file(bundle_copy, "goldens.jsonl", write_goldens(without_users_texts(goldens)))
    return bundle_copy


def test_texts_that_are_left_out_are_said_and_not_claimed(run, run_json, private_bundle, any_engine):
    status, out, err = run("verify", private_bundle, "--engine", any_engine)
    assert (status, err) == (0, "")
    *_, advice, verdict = out.splitlines()
    assert advice == HOW_TO_GIVE_TEXTS
    claim = "answers like Keras from the ids on; text to ids was not checked here: 4 texts are not in the bundle"
    assert verdict == f"{private_bundle}: verified: this device {claim}"
    document = run_json("verify", private_bundle, "--engine", any_engine)[1]
    assert (document["proof"], document["without_text"], document["texts_found"]) == ("ids", 4, None)


@pytest.mark.parametrize("kind", ["csv", "txt"])
def test_the_texts_make_the_proof_whole(run, private_bundle, tmp_path, goldens, any_engine, kind):
    path = tmp_path / f"texts.{kind}"
    texts = [golden.whole_text for golden in goldens if golden.suite == "held_out"]
    rows = ["text,label", *(f'"{text}",x' for text in texts)] if kind == "csv" else texts
    path.write_text("".join(row + "\n" for row in rows))
    status, out, _ = run("verify", private_bundle, "--engine", any_engine, "--texts", path)
    assert status == 0
    *_, found, verdict = out.splitlines()
    assert found == "texts given: 4 of the 4 left out"
    claim = "answers like Keras from the text on, compared with its training run"
    assert verdict == f"{private_bundle}: verified: this device {claim}"


@pytest.mark.parametrize(
    ("content", "message"),
    [("good \n", "none of the texts that were given is one of the 4"), (None, "not found; expected a file whose name")],
)
def test_texts_that_are_not_those_are_status_2(run, private_bundle, tmp_path, any_engine, content, message):
    path = tmp_path / "texts.txt"
    if content is not None:
        path.write_text(content)
    status, out, err = run("verify", private_bundle, "--engine", any_engine, "--texts", path)
    assert (status, out) == (2, "")
    assert message in err


def test_a_terminal_sees_how_many_texts_are_answered(run, bundle_folder, any_engine, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    status, _, err = run("verify", bundle_folder, "--engine", any_engine)
    shown = err.replace("\r\x1b[K", "\n").split("\n")
    assert status == 0
    assert f"running 9 texts through model.f32.drupelet on {any_engine}" in shown
    assert "9 of 9 texts" in shown
    assert shown[-1] == "", "the line of the count is taken away"


def test_a_sample_says_of_how_many_texts_and_why(run, bundle_folder, usable_engines, monkeypatch):
    if not {"native", "numpy"} <= set(usable_engines):
        pytest.skip("native and numpy do not both run here")
    monkeypatch.setattr("drupelet.text_choice.SAMPLE_TEXTS", 2)
    status, out, _ = run("verify", bundle_folder)
    assert status == 0
    why = "spread evenly over their lengths: numpy is slow, and native answered all with this file"
    assert f"model.f32.drupelet numpy held_out: 2 of 4 texts, {why}" in out.splitlines()


def test_with_a_key_it_says_who_signed(run, run_json, signed_bundle, any_engine):
    status, out, _ = run("verify", signed_bundle, "--key", key_line(), "--engine", any_engine)
    assert status == 0
    assert f"signed by the key {NAME}: for the fleet" in out.splitlines()
    status, document = run_json("verify", signed_bundle, "--key", key_line())
    assert (status, document["signature"]) == (0, {"key": NAME, "comment": "for the fleet"})
    assert "signature" not in run_json("verify", signed_bundle)[1]


def test_a_bundle_that_nobody_signed_is_status_1(run, bundle_folder):
    status, out, err = run("verify", bundle_folder, "--key", key_line())
    said = f"{bundle_folder}: is not signed, for manifest.json.minisig is missing; have its owner sign it with drupelet sign"
    assert (status, out, err) == (1, "", f"drupelet verify: {said}\n")
    status, out, _ = run("verify", bundle_folder, "--key", key_line(), "--json")
    assert (status, json.loads(out)) == (1, {"schema_version": 1, "bundle": str(bundle_folder), "error": said})
    assert run("predict", bundle_folder, "--key", key_line(), "a text")[0] == 1


def test_a_key_that_is_none_is_status_2(run, signed_bundle):
    status, _, err = run("verify", signed_bundle, "--key", "nowhere.pub")
    assert status == 2
    assert "'nowhere.pub': cannot be read" in err


def test_the_signature_alone(run, run_json, signed_bundle, tmp_path, as_zip):
    packed = as_zip(signed_bundle, tmp_path / "tiny.zip")
    for place in (signed_bundle, packed):
        status, out, _ = run("verify", place, "--key", key_line(), "--signature-only")
        assert (status, out) == (0, f"{place}: signed by the key {NAME}: for the fleet; no text was answered\n")
    assert run_json("verify", packed, "--key", key_line(), "--signature-only") == (
        0,
        {
            "schema_version": 1,
            "bundle": str(packed),
            "passed": True,
            "signature": {"key": NAME, "comment": "for the fleet"},
        },
    )
    flipped = bytearray((signed_bundle / "goldens.jsonl").read_bytes())
    flipped[-2] ^= 1
    (signed_bundle / "goldens.jsonl").write_bytes(flipped)
    status, out, _ = run("verify", signed_bundle, "--key", key_line(), "--signature-only", "--json")
    assert (status, "goldens.jsonl: sha256" in json.loads(out)["error"]) == (2, True)


def test_the_signature_of_any_file(run, tmp_path):
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    status, _, err = run("verify", program, "--key", key_line(), "--signature-only")
    assert (status, "is not signed" in err) == (1, True)
    (tmp_path / "program.minisig").write_bytes(signature_file(b"\x7fELF", b""))
    status, out, _ = run("verify", program, "--key", key_line(), "--signature-only")
    assert (status, out) == (0, f"{program}: signed by the key {NAME}; no text was answered\n")
    program.write_bytes(b"\x7fELG")
    assert run("verify", program, "--key", key_line(), "--signature-only")[0] == 1
    status, _, err = run("verify", tmp_path / "none", "--key", key_line(), "--signature-only")
    assert (status, "none: cannot be read" in err) == (2, True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--signature-only without --key; give the public key"),
        (["--key", key_line(), "--engine", "numpy"], "--signature-only answers no text"),
    ],
)
def test_options_that_do_not_go_with_the_signature_alone(run, signed_bundle, options, message):
    status, _, err = run("verify", signed_bundle, "--signature-only", *options)
    assert (status, message in err) == (2, True)
