"""``drupelet export`` as users type it: exit status, stdout, and errors that name the missing option."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import drupelet
from drupelet.errors import InputError
from drupelet.proof import HOW_TO_CHECK
from drupelet_export import exporter
from drupelet_export.cli.export import parse_formats, parse_schemes
from drupelet_export.report.document import CHECKS_FAILED, Document


def test_a_saved_model_is_exported(run, saved_model, options, tmp_path):
    status, out, err = run("export", saved_model, *options, "--formats", "drupelet", "--out", tmp_path / "bundle")
    assert status == 0
    assert (
        out.splitlines()[-1]
        == f"wrote {tmp_path / 'bundle'}: answers like Keras from the ids on; text to ids was not checked"
    )
    assert HOW_TO_CHECK in out
    assert "model.f32.drupelet | numpy" in out
    assert err.splitlines()[0] == f"reading {saved_model}"
    manifest = drupelet.open_bundle(tmp_path / "bundle").manifest
    assert manifest.labels == ("bad", "good")
    assert (manifest.text_rules.name, manifest.text_rules.max_tokens, manifest.text_rules.keep) == ("alnum", 6, "head")


@pytest.mark.parametrize("redirection", ["2>/dev/full", "<&- 2>&-"])
def test_a_stderr_that_is_full_or_closed_changes_nothing(saved_model, options, tmp_path, redirection):
    given = ["export", saved_model, *options, "--formats", "drupelet,tflite", "--out", tmp_path / "bundle", "--json"]
    line = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "drupelet", *given]
    done = subprocess.run(line, stdout=subprocess.PIPE, timeout=300, check=False)
    assert (done.returncode, json.loads(done.stdout)["bundle"]) == (0, "bundle")
    given[given.index("--formats") + 1] = "no such format"
    assert subprocess.run(line[: -len(given)] + given, stdout=subprocess.PIPE, timeout=300, check=False).returncode == 2


def test_json_is_one_document_on_stdout(run, saved_model, options, tmp_path):
    status, out, _ = run(
        "export", saved_model, *options, "--formats", "drupelet", "--out", tmp_path / "b.zip", "--json"
    )
    document = json.loads(out)
    assert (status, document["passed"], document["bundle"]) == (0, True, "b.zip")


def test_a_run_folder_is_exported_and_compared(run, run_folder, tmp_path):
    status, out, _ = run("export", run_folder, "--formats", "drupelet", "--out", tmp_path / "tiny")
    assert status == 0, out
    run_folder.rename(tmp_path / "tiny-source")  # where parity looks
    status, out, _ = run("parity", tmp_path / "tiny", "--json")
    assert (status, json.loads(out)["passed"]) == (0, True)
    status, out, _ = run("parity", tmp_path / "tiny", "--engine", "numpy", "--model", tmp_path / "tiny-source")
    assert (status, out.splitlines()[-1]) == (
        0,
        f"{tmp_path / 'tiny'}: answers like Keras from the text on, compared with its training run",
    )


def test_a_model_that_answers_otherwise_is_a_failed_check(run, saved_model, options, tmp_path, monkeypatch):
    def other_answers(bundle, goldens, engine=None, progress=None, timed_texts=0, count=None):
        shifted = [
            type(golden)(**{**vars(golden), "probabilities": tuple(reversed(golden.probabilities))})
            for golden in goldens
        ]
        return run_engines(bundle, shifted, timed_texts=timed_texts)

    run_engines = exporter.run_engines
    monkeypatch.setattr(exporter, "run_engines", other_answers)
    command = ("export", saved_model, *options, "--formats", "drupelet", "--out", tmp_path / "bundle")
    status, out, err = run(*command, "--keep-failed")
    assert status == 1
    assert "DOES NOT answer like Keras" in out
    shutil.rmtree(tmp_path / "bundle")
    status, out, err = run(*command)
    assert "not written, model.f32.drupelet on native" in err
    assert out == ""
    assert not (tmp_path / "bundle").exists()
    assert status == 1
    status, out, _ = run(*command, "--json")
    assert (status, json.loads(out)["passed"]) == (1, False)
    assert not (tmp_path / "bundle").exists()


@pytest.fixture
def unreachable(options, tmp_path):
    """The options of a model whose vocabulary has words that no text can give by the rules."""
    vocabulary = tmp_path / "apostrophes.txt"
    vocabulary.write_text("\n[UNK]\ndon't\nit's\ncan't\nwon't\nbad\nquiet\n", encoding="utf-8")
    return ("--vocab", vocabulary, *without(options, "--vocab"), "--formats", "drupelet")


def test_words_that_no_text_gives_are_a_failed_check(run, saved_model, unreachable, tmp_path):
    command = ("export", saved_model, *unreachable, "--out", tmp_path / "bundle")
    status, out, err = run(*command)
    assert (status, out, (tmp_path / "bundle").exists()) == (1, "", False)
    assert (
        "bundle: not written\n  unreachable-words: no text can give 4 of the 6 words of the vocabulary by these" in err
    )
    assert (
        "next: --tokenizer tokenizer leaves 0 words out of reach; or accept it with --accept unreachable-words\n" in err
    )
    status, out, _ = run(*command, "--json")
    document = json.loads(out)
    assert (status, document["passed"], document["results"]) == (1, False, [])
    assert document["text_checks"][0]["verdict"] == "failed"
    assert Document.from_json(document).findings == (Document.from_json(document).text_checks[0].sentence,)


def test_a_failed_check_is_kept_or_accepted(run, saved_model, unreachable, tmp_path):
    command = ("export", saved_model, *unreachable, "--out", tmp_path / "bundle")
    status, out, _ = run(*command, "--keep-failed")
    assert (status, drupelet.open_bundle(tmp_path / "bundle").manifest.verdict) == (1, "failed")
    assert "FAILED: unreachable-words: no text can give" in out
    assert out.splitlines()[-1] == f"wrote {tmp_path / 'bundle'}: {CHECKS_FAILED}"
    status, out, _ = run(*command, "--accept", "label-order,unreachable-words")
    assert (status, drupelet.open_bundle(tmp_path / "bundle").manifest.verdict) == (0, "passed")
    assert "accepted: unreachable-words: no text can give" in out
    again = ("parity", tmp_path / "bundle", "--model", saved_model, *unreachable[:-2], "--engine", "numpy")
    assert run(*again)[0] == 1
    status, out, _ = run(*again, "--accept", "unreachable-words", "--json")
    assert (status, json.loads(out)["text_checks"][0]["verdict"]) == (0, "accepted")


@pytest.mark.parametrize("command", ["export", "parity"])
def test_unknown_checks_are_refused_with_the_list(run, saved_model, exported, command, tmp_path):
    rest = (saved_model, "--out", tmp_path / "b") if command == "export" else (exported.bundle.path,)
    status, _, err = run(command, *rest, "--accept", "label-oder")
    assert status == 2
    assert "--accept: check 'label-oder' is not known; did you mean 'label-order'? (known: unreachable-words, " in err


def without(options, name):
    place = options.index(name)
    return (*options[:place], *options[place + 2 :])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: without(o, "--labels"), r"tiny.keras: the names of its classes are not known; give --labels a,b in"),
        (lambda _: ("--labels", "bad,good"),
         "tiny.keras: has no TextVectorization, so its words are not known; give --vocab FILE: the Tokenizer, "),
        (lambda o: without(o, "--vocab"), "tiny.keras: --tokenizer, --max-tokens, --keep without --vocab; give --vocab"),
        (lambda o: without(o, "--tokenizer"), "a question is open on how a text becomes ids"),
        (lambda o: without(o, "--keep"), "--keep tail: as pad_sequences does unless told otherwise"),
        (lambda o: (*without(o, "--labels"), "--labels", "bad"),
         "2 classes apart, and there is 1 label ('bad'); next: give --labels with 2 names"),
        (lambda o: (*without(o, "--labels"), "--labels", "bad,"), "labels ['bad', '']: expected distinct names"),
        (lambda o: (*without(o, "--vocab"), "--vocab", "nowhere.txt"), "nowhere.txt: cannot be read (No such file"),
        (lambda o: (*without(o, "--max-tokens"), "--max-tokens", "0"), "--max-tokens is 0, expected 1 to"),
        (lambda o: (*o, "--unknown-id", "-1"), "--unknown-id is -1, expected 0 to"),
        (lambda o: (*o, "--unknown-id", "99"), "--unknown-id is 99, the Embedding has 8 rows; expected at most 7"),
        (lambda o: (*o, "--formats", "tflight"), "format 'tflight' is not known; did you mean 'tflite'?"),
        (lambda o: (*o, "--schemes", "wi9"), "scheme 'wi9' is not known; did you mean 'wi8'?"),
        (lambda o: (*o, "--schemes", "f32,wi8"), "tiny.keras: scheme wi8: the model is too small to quantize usefully"),
        (lambda o: (*o, "--tokenizer", "alnumm"), "text rules 'alnumm' are not known; did you mean 'alnum'?"),
        (lambda o: (*o, "--padding", "left"), "invalid choice: 'left'"),
        (lambda o: (*o, "--max-tokens", "many"), "invalid int value: 'many'"),
        (lambda o: (*o, "--speed", "11"), "unrecognized arguments: --speed 11"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_status_2_and_a_sentence(run, saved_model, options, tmp_path, change, message):
    status, out, err = run("export", saved_model, *change(options), "--out", tmp_path / "bundle", "--json")
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_out_is_needed(run, saved_model, options):
    status, _, err = run("export", saved_model, *options)
    assert status == 2
    assert "the following arguments are required: --out" in err


def test_a_model_that_is_not_there(run, options, tmp_path):
    status, _, err = run("export", tmp_path / "nothing.keras", *options, "--out", tmp_path / "b")
    assert (status, "nothing.keras: not found; expected a .keras or .h5 file" in err) == (2, True)


def test_a_destination_that_is_no_bundle_is_refused_at_once(run, saved_model, options, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    status, _, err = run("export", saved_model, *options, "--out", tmp_path / "photos")
    assert (status, "reading" in err) == (2, False)
    assert "photos: exists and is not a bundle, so it is not replaced; choose another --out" in err


def test_data_with_other_labels_is_refused(run, saved_model, options, tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("text,label\n" + "a film,positive\nanother,negative\n" * 40)
    status, _, err = run("export", saved_model, *options, "--data", data, "--out", tmp_path / "b")
    assert status == 2
    assert "has labels negative, positive, the model has only bad, good; use data with the model's labels" in err


def test_a_mistyped_command_gets_the_closest_match(run):
    status, _, err = run("exprot")
    assert (status, "did you mean 'export'?" in err) == (2, True)


def test_importing_the_commands_imports_nothing_heavy():
    script = (
        "import sys, drupelet_export.cli.export; "
        "print([m for m in ('keras', 'tensorflow', 'numpy', 'onnx', 'rich', 'h5py') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_a_process_prints_only_its_steps_and_its_document(saved_model, options, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    arguments = [str(value) for value in (saved_model, *options, "--out", tmp_path / "bundle", "--json")]
    run = subprocess.run(
        [sys.executable, "-m", "drupelet", "export", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert json.loads(run.stdout)["passed"] is True
    lines = run.stderr.splitlines()
    assert lines[3].startswith('text rules alnum: lower (unicode), then replace "<br />" by " "')
    first_words = {line.split()[0] for line in lines if not line.startswith(("text rules", "  "))}
    assert first_words == {"reading", "starting", "compiling", "writing", "asking", "trying", "running", "timing"}


def test_formats_in_a_comma_separated_list():
    assert parse_formats("onnx, drupelet,onnx") == ("onnx", "drupelet")
    with pytest.raises(InputError, match=r"format 'onx' is not known; did you mean 'onnx'\? \(known: "):
        parse_formats("onx")
    with pytest.raises(
        InputError, match=r"^format 'native' is not known: native is an engine; its files have format drupelet"
    ):
        parse_formats("tflite,native")
    with pytest.raises(InputError, match="no format given; expected some of drupelet, onnx, tflite"):
        parse_formats(" , ")


def test_schemes_in_a_comma_separated_list():
    assert parse_schemes("wi8,f32") == ("wi8", "f32")
    with pytest.raises(
        InputError, match=r"scheme 'wi9' is not known; did you mean 'wi8'\? \(known: f32, f16, wi8, wi4\)"
    ):
        parse_schemes("wi9")
    with pytest.raises(InputError, match=r"no scheme given; expected some of f32, f16, wi8, wi4$"):
        parse_schemes("")


def test_labels_that_are_not_utf8_are_named(run, saved_model, vocabulary_file, tmp_path):
    given = ("--vocab", vocabulary_file, "--tokenizer", "alnum", "--out", tmp_path / "b")
    status, out, err = run("export", saved_model, "--labels", os.fsdecode(b"good,b\xf6se"), *given)
    assert (status, out) == (2, "")
    assert "drupelet export: --labels: byte 6 (0xf6) is not UTF-8; convert the text" in err
