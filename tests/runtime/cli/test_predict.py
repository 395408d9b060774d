import io
import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import drupelet
from drupelet.cli import predict
from drupelet.errors import OutOfMemoryError
from drupelet.text.named import TEXTVECTORIZATION
from runtime.format_writer import model_file
from runtime.line_cases import CASES, CONVERT
from runtime.networks import SAMPLES, model_of


@pytest.fixture
def stdin(monkeypatch):
    """A function that sets the bytes on stdin."""

    def give(content):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))

    return give


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_for_each_text(run, bundle_folder, any_engine):
    classifier = drupelet.load(bundle_folder)
    status, out, err = run("predict", bundle_folder, "a wonderful film", "boring boring boring", "")
    said = "1 of 3 texts have no word that the network knows; such an answer says nothing about a text\n"
    assert (status, err) == (0, said)
    expected = [classifier(text) for text in ("a wonderful film", "boring boring boring", "")]
    assert out == "".join(f"{p.label}\t{p.probability:.6f}\n" for p in expected)


@pytest.fixture
def several_labels(tmp_path):
    """A file of a multi-label network: the logits of a text are what its only word says."""
    model = model_of(SAMPLES["several labels"])
    logits = [[0.0, 2.0, -2.0], [-1.0, -2.0, -3.0]]
    table = [0.0] * 8 + [value for row in logits for value in (*row, 0.0)] + [0.0] * 40
    eye = [float(row == column) for row in range(4) for column in range(3)]
    model = replace(model, labels=("sad", "short", "loud")).with_weights(
        embedding__0__table=table, dense__2__kernel=eye, dense__2__bias=[0.0] * 3
    )
    (tmp_path / "several.drupelet").write_bytes(model_file(model))
    return tmp_path / "several.drupelet"


def test_the_labels_that_hold_are_a_line(run, several_labels, any_engine):
    expected = "sad\t0.500000\tshort\t0.880797\n\n"
    assert run("predict", several_labels, "w000", "w001", "--engine", any_engine) == (0, expected, "")


def test_json_has_the_labels_that_hold(run_json, several_labels, any_engine):
    _, document = run_json("predict", several_labels, "w000", "w001", "--engine", any_engine)
    assert [(found["label"], found["labels"]) for found in document["predictions"]] == [
        ("short", ["sad", "short"]), ("sad", [])
    ]  # fmt: skip


def test_texts_behind_their_answers(run, run_json, bundle_folder, any_engine):
    classifier = drupelet.load(bundle_folder)
    given = ["good film", "bad\tfilm\n\x1b[2J"]
    status, out, err = run("predict", bundle_folder, *given, "--echo")
    shown = ["good film", "bad\\tfilm\\n\\x1b[2J"]
    expected = [f"{p.label}\t{p.probability:.6f}\t{text}" for p, text in zip(classifier.predict(given), shown)]
    assert (status, out.splitlines(), err) == (0, expected, "")
    assert [row["text"] for row in run_json("predict", bundle_folder, *given, "--echo")[1]["predictions"]] == given


def test_the_most_probable_labels(run, run_json, several_labels, any_engine):
    where = (several_labels, "w000", "--engine", any_engine)
    assert run("predict", *where, "--top", "2") == (0, "short\t0.880797\tsad\t0.500000\n", "")
    top = run_json("predict", *where, "--top", "9")[1]["predictions"][0]["top"]
    assert [label["label"] for label in top] == ["short", "sad", "loud"]
    assert run("predict", *where, "--top", "0")[0] == 2


def test_lines_of_json_come_back_with_their_answers(run, bundle_folder, any_engine, stdin):
    rows = [{"id": 7, "text": "good film", "prediction": "old"}, {"text": "\u0434\u0430 \u2028"}]
    stdin("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode() + b'"bad film"\n')
    status, out, err = run("predict", bundle_folder, "--jsonl", "--top", "1")
    found = [json.loads(line) for line in out.split("\n")[:-1]]
    assert (status, [row["text"] for row in found]) == (0, ["good film", "\u0434\u0430 \u2028", "bad film"])
    assert found[0]["id"] == 7
    answers = drupelet.load(bundle_folder).predict([row["text"] for row in found])
    assert [row["prediction"]["probabilities"] for row in found] == [list(answer.probabilities) for answer in answers]
    assert [row["prediction"]["top"][0]["label"] for row in found] == [answer.label for answer in answers]
    assert err == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"good", "not JSON"),
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"text": 1}', "{'text': 1} has no string 'text'"),
        (b'{"txt": "x"}', "{'txt': 'x'} has no string 'text'"),
        (b"[1]", "[1] has no string 'text'"),
        (b'{"text": "a", "text": "b"}', "names a key twice"),
        (b'{"text": "\\ud800"}', "field 'text' has a lone surrogate at 0"),
    ],
)
def test_a_line_that_is_no_json_ends_the_answers(run, bundle_folder, any_engine, stdin, line, message):
    stdin(b'{"text": "good film"}\n' + line + b"\n")
    status, out, err = run("predict", bundle_folder, "--jsonl")
    assert (status, len(out.splitlines())) == (2, 1)
    assert err.startswith("drupelet predict: stdin: line 2: ")
    assert message in err


def test_people_are_told_which_file_answers(run, bundle_copy, edit_manifest, any_engine, monkeypatch):
    def add(data):
        (model,) = (model for model in data["models"] if model["format"] == "drupelet")
        data["models"].insert(
            0, {**model, "file": "model.wi8.drupelet", "scheme": "wi8", "size_bytes": model["size_bytes"] + 1}
        )
        data["verdict"] = "passed"

    edit_manifest(bundle_copy, add)
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert run("predict", bundle_copy, "good")[0] == 0
    assert (
        terminal.getvalue()
        == f"model.f32.drupelet on {drupelet.load(bundle_copy).engine}; --scheme takes another of wi8, f32\n"
    )


@pytest.mark.parametrize("suffix", ["", ".zip", ".drupelet"])
def test_every_kind_of_bundle(run, bundle_folder, tmp_path, as_zip, any_engine, suffix):
    place = {
        "": bundle_folder,
        ".zip": as_zip(bundle_folder, tmp_path / "tiny.zip"),
        ".drupelet": bundle_folder / "model.f32.drupelet",
    }[suffix]
    expected = run("predict", bundle_folder, "good", "--engine", any_engine)
    assert run("predict", place, "good", "--engine", any_engine) == expected
    assert expected[0] == 0


def test_json_is_one_document(run_json, full_bundle_folder, engine_name):
    status, document = run_json("predict", full_bundle_folder, "good", "", "--engine", engine_name)
    assert status == 0
    classifier = drupelet.load(full_bundle_folder, engine_name)
    assert document["engine"] == engine_name
    assert document["file"] == classifier.model.entry.file
    assert document["predictions"] == [
        {
            "label": prediction.label,
            "probability": prediction.probability,
            "probabilities": list(prediction.probabilities),
            "n_tokens": prediction.n_tokens,
        }
        for prediction in classifier.predict(["good", ""])
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("BUNDLE", "good", "very bad", "--engine", "ENGINE"),
        ("BUNDLE", "--engine", "ENGINE", "good", "very bad"),
        ("BUNDLE", "good", "--engine=ENGINE", "very bad"),
        ("--engine", "ENGINE", "BUNDLE", "good", "very bad"),
        ("--engine", "ENGINE", "BUNDLE", "good", "--", "very bad"),
        ("BUNDLE", "--engine", "ENGINE", "--", "good", "very bad"),
        ("--engine", "ENGINE", "--", "BUNDLE", "good", "very bad"),
    ],
)
def test_options_and_texts_in_any_order(run, bundle_folder, any_engine, arguments):
    given = {"BUNDLE": bundle_folder, "ENGINE": any_engine, "--engine=ENGINE": f"--engine={any_engine}"}
    placed = [given.get(argument, argument) for argument in arguments]
    status, out, err = run("predict", "--json", *placed)
    assert (status, err) == (0, "")
    document = json.loads(out)
    assert document["engine"] == any_engine
    answers = drupelet.load(bundle_folder, any_engine).predict(["good", "very bad"])
    assert [p["probabilities"] for p in document["predictions"]] == [list(p.probabilities) for p in answers]


@pytest.mark.parametrize("named", [False, True])
def test_what_stands_behind_two_dashes_is_text(run, bundle_folder, monkeypatch, any_engine, named):
    engine = ("--engine", any_engine) if named else ()
    seen = []
    monkeypatch.setattr(predict, "given_utf8", lambda options: iter(seen.append((options.bundle, options.text)) or []))
    for given, texts in (
        (("BUNDLE", "--", "--json", "--", "-"), ["--json", "--", "-"]),
        (("BUNDLE", "a", "--", "-x"), ["a", "-x"]),
        (("--", "BUNDLE", "-x", "--engine"), ["-x", "--engine"]),
        (("BUNDLE", "-1", "-not an option"), ["-1", "-not an option"]),
    ):
        placed = [str(bundle_folder) if argument == "BUNDLE" else argument for argument in given]
        assert run("predict", "--json", *engine, *placed)[0] == 0
        assert seen.pop() == (str(bundle_folder), texts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("BUNDLE", "--bogus", "good"), "unrecognized arguments: --bogus"),
        *(
            (("BUNDLE", *rest), f"unrecognized arguments: {rest[-1]}; a text that starts with a hyphen goes after --, as in: ")
            for rest in [("-hello",), ("-hh",), ("-h is a letter",), ("--json", "-hello")]
        ),
        (("BUNDLE", "--file", "-hello"),
         "argument --file: expected one argument; write a value that starts with a hyphen as --file=-hello"),
        (("BUNDLE", "-bad"), "unrecognized arguments: -bad; a text that starts with a hyphen goes after --, as in: drupelet "
         "predict BUNDLE -- -bad"),
        (("BUNDLE", "good", "--engine", "-x"),
         "argument --engine: expected one argument; write a value that starts with a hyphen "
         "as --engine=-x"),
        (("BUNDLE", "good", "--bogus"), "unrecognized arguments: --bogus"),
        (("BUNDLE", "--engine", "numpy", "good", "--bogus=1", "--", "x"), "unrecognized arguments: --bogus=1"),
        (("--json",), "the following arguments are required: bundle"),
        (("BUNDLE", "good", "--engine"), "argument --engine: expected one argument"),
    ],
)  # fmt: skip
def test_unknown_options_are_refused_wherever_they_stand(run, bundle_folder, arguments, message):
    status, out, err = run("predict", *(bundle_folder if argument == "BUNDLE" else argument for argument in arguments))
    assert (status, out) == (2, "")
    usage, sentence = err.splitlines()[0], err.splitlines()[-1]
    assert usage.startswith("usage: drupelet predict [-h] ")
    assert sentence.startswith(f"drupelet predict: {message}")


def test_help_names_texts_and_options(run):
    status, out, _ = run("predict", "--help")
    assert status == 0
    assert out.startswith("usage: drupelet predict [-h] ")
    assert "bundle [text ...]" in " ".join(out.split())


def test_json_of_no_text_at_all(run_json, bundle_folder, any_engine, stdin):
    stdin(b"")
    assert run_json("predict", bundle_folder, "-")[1]["predictions"] == []


def test_json_has_null_for_nan(run_json, model, tmp_path, any_engine):
    (tmp_path / "average.drupelet").write_bytes(model_file(model.with_pooling("average")))
    prediction = run_json("predict", tmp_path / "average.drupelet", "")[1]["predictions"][0]
    assert (prediction["probability"], prediction["probabilities"]) == (None, [None, None])
    assert prediction["label"] == "negative"


@pytest.mark.parametrize("source", ["file", "stdin", "pipe"])
def test_a_text_a_line(run, bundle_folder, any_engine, tmp_path, stdin, source):
    content = "good film\r\n\nbad \u00e9\u2028film\n  \na wonderful".encode()
    (tmp_path / "texts").write_bytes(content)
    stdin(content)
    status, out, _ = run(
        "predict", bundle_folder, *{"file": ["--file", tmp_path / "texts"], "stdin": ["-"], "pipe": []}[source]
    )
    assert status == 0
    classifier = drupelet.load(bundle_folder)
    expected = classifier.predict(["good film", "", "bad film", "", "a wonderful"])
    assert out == "".join(f"{p.label}\t{p.probability:.6f}\n" for p in expected)


@pytest.mark.parametrize("extra", [(), ("--json",)])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no text; give texts, --file F, or - to read one text per line from stdin"),
        (("good", "--file", "f"), "texts and --file together; give one or the other"),
        (("--file", "/no/such/file"), "/no/such/file: cannot be read (No such file or directory)"),
        (("--file", "/"), "/: cannot be read (Is a directory)"),
        (("good", "--engine", "onx"), "engine 'onx' is not known; did you mean 'onnx'?"),
        (("good", "--scheme", "f23"), "scheme 'f23' is not known; did you mean 'f32'?"),
        (("good", "--engine", "litert"), "engine 'litert' cannot run: the bundle has no tflite file"),
    ],
)
def test_bad_input_is_status_2_a_sentence_and_nothing_on_stdout(
    run, bundle_folder, any_engine, arguments, message, extra, monkeypatch
):
    monkeypatch.setattr("sys.stdin", Terminal())
    status, out, err = run("predict", bundle_folder, *arguments, *extra)
    assert status == 2
    assert err.startswith("drupelet predict: ")
    assert message in err
    assert out == ""


@pytest.mark.parametrize("source", ["file", "stdin"])
@pytest.mark.parametrize(("content", "lines", "error"), [case[1:] for case in CASES])
def test_every_line_is_answered_up_to_the_first_that_is_no_text(
    run, bundle_folder, any_engine, tmp_path, stdin, source, content, lines, error
):
    (tmp_path / "texts").write_bytes(content)
    stdin(content)
    given = ["--file", tmp_path / "texts"] if source == "file" else ["-"]
    sentence = (
        None if error is None else error.replace("stdin", str(tmp_path / "texts") if source == "file" else "stdin")
    )
    told = "" if error is None else f"drupelet predict: {sentence}\n"
    status = 0 if error is None else 2
    expected = drupelet.load(bundle_folder).predict(lines)
    found, out, err = run("predict", bundle_folder, *given)
    assert (found, out) == (status, "".join(f"{p.label}\t{p.probability:.6f}\n" for p in expected))
    assert err.endswith(told)
    assert ("no word that the network knows" in err) == any(p.n_tokens == 0 for p in expected)
    stdin(content)
    found, out, err = run("predict", bundle_folder, *given, "--json")
    assert (found, err) == (status, told)
    if error is not None and not lines:
        assert out == ""
        return
    document = json.loads(out)
    assert document.get("error") == sentence
    assert [one["n_tokens"] for one in document["predictions"]] == [p.n_tokens for p in expected]


def test_a_byte_order_mark_sticks_to_no_word(run_json, model, tmp_path, any_engine, stdin):
    """With rules that drop no such character: then the word that it stuck to would be unknown."""
    (tmp_path / "keras.drupelet").write_bytes(
        model_file(replace(model, text_rules=textvectorization(model.text_rules)))
    )
    classifier = drupelet.load(tmp_path / "keras.drupelet")
    assert classifier.encode("\ufeffgood") != classifier.encode("good")
    expected = list(classifier("good").probabilities)
    content = b"\xef\xbb\xbfgood\n\xef\xbb\xbfgood\n\xef\xbb\xbf\xef\xbb\xbfgood"
    (tmp_path / "texts").write_bytes(content)
    stdin(content)
    for given in (["--file", tmp_path / "texts"], ["-"], ["\ufeffgood"] * 3):
        document = run_json("predict", tmp_path / "keras.drupelet", *given)[1]
        assert [one["probabilities"] for one in document["predictions"]] == [expected] * 3


def textvectorization(rules):
    return replace(TEXTVECTORIZATION, max_tokens=rules.max_tokens, unknown_id=rules.unknown_id)


@pytest.mark.parametrize(
    ("texts", "answered", "error"),
    [
        (("good", b"b\xe4d", "good"), 1, f"text 2: byte 1 (0xe4) is not UTF-8; {CONVERT}"),
        ((b"\xff",), 0, f"text 1: byte 0 (0xff) is not UTF-8; {CONVERT}"),
    ],
)
def test_an_argument_that_is_not_utf8_is_named(run, bundle_folder, any_engine, texts, answered, error):
    status, out, err = run("predict", bundle_folder, *map(os.fsdecode, texts))
    assert (status, len(out.splitlines()), err) == (2, answered, f"drupelet predict: {error}\n")
    out = run("predict", bundle_folder, *map(os.fsdecode, texts), "--json")[1]
    if answered:
        document = json.loads(out)
        assert (len(document["predictions"]), document["error"]) == (answered, error)
    else:
        assert out == ""


def test_a_line_without_end_is_refused_before_it_fills_the_memory(run, bundle_folder, any_engine, stdin):
    stdin(b"good\n" + b"x" * 101)
    status, _, err = run("predict", bundle_folder, "-", "--max-line-bytes", "100")
    assert (status, err) == (
        2, "drupelet predict: stdin: line 2 is longer than 100 bytes; expected one text per line\n"
    )  # fmt: skip


def test_an_engine_that_fails_in_the_middle_closes_the_document(run, bundle_folder, any_engine, monkeypatch):
    def batches(self, texts, batch_texts=64):
        yield self.predict(["good"])
        raise OutOfMemoryError("no memory")

    monkeypatch.setattr(drupelet.Classifier, "batches_utf8", batches)
    status, out, err = run("predict", bundle_folder, "good", "bad", "--json")
    assert (status, err) == (2, "drupelet predict: no memory\n")
    assert (len(json.loads(out)["predictions"]), json.loads(out)["error"]) == (1, "no memory")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_label_that_the_terminal_cannot_show(start, model, tmp_path, any_engine, encoding):
    russian = replace(model, labels=("\u043f\u043b\u043e\u0445\u043e", "\u043e\u0442\u043b\u0438\u0447\u043d\u043e"))
    (tmp_path / "ru.drupelet").write_bytes(model_file(russian))
    process = start("predict", tmp_path / "ru.drupelet", "good", env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
    assert process.returncode in (0, 2)


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing more came"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read the memory of a process from")
@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_stream_is_answered_while_it_lasts_and_in_constant_memory(start, bundle_folder, any_engine, extra):
    process = start("predict", bundle_folder, "-", "--engine", any_engine, *extra)
    lines = []

    def read():
        for line in process.stdout:
            lines.append(line)

    reader = threading.Thread(target=read)
    reader.start()

    def resident_kib():
        status = Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def feed(numbers):
        for number in numbers:
            process.stdin.write(f"a wonderful film number {number}\n".encode())
        process.stdin.flush()

    feed(range(4000))
    wait_for(lambda: len(lines) > 3000)
    before = resident_kib()
    feed(range(4000, 20_000))
    wait_for(lambda: len(lines) > 19_000)
    growth = resident_kib() - before
    process.stdin.close()
    reader.join(30)
    process.stdin = None
    assert process.wait(30) == 0
    answers = json.loads(b"".join(lines))["predictions"] if extra else lines
    assert len(answers) == 20_000
    # 16,000 texts and answers would be megabytes; the look-up cache may still fill, with 4,096 words.
    assert growth < 3000


def test_lines_that_are_followed_are_one_text(run, bundle_folder, stdin, any_engine):
    stdin("a wonderful\nfilm, the very\n\nboring\r\n b\u00e9d".encode())
    status, out, err = run("predict", bundle_folder, "--follow", "--engine", any_engine)
    classifier = drupelet.load(bundle_folder, engine=any_engine)
    texts = ["a wonderful", "a wonderful film, the very", None, "boring", "boring  b\u00e9d"]
    answers = [text and classifier(text) for text in texts]
    assert (status, err) == (0, "")
    assert out == "".join(f"{p.label}\t{p.probability:.6f}\n" if p else "\n" for p in answers)


def test_lines_of_a_file_are_followed(run_json, bundle_folder, tmp_path, any_engine):
    (tmp_path / "lines").write_text("good\nfilm\n\nbad\n")
    status, document = run_json(
        "predict", bundle_folder, "--follow", "--file", tmp_path / "lines", "--engine", any_engine
    )
    classifier = drupelet.load(bundle_folder, engine=any_engine)
    assert (status, document["engine"], document["incremental"]) == (0, any_engine, classifier.follow().incremental)
    expected = [
        classifier("good").probability,
        classifier("good film").probability,
        None,
        classifier("bad").probability,
    ]
    assert [found and found["probability"] for found in document["predictions"]] == expected


def test_a_line_is_answered_before_the_next_one_is_there(start, bundle_folder):
    process = start("predict", bundle_folder, "--follow")
    for line, begins in ((b"a wonderful\n", True), (b"film\n", True), (b"\n", False), (b"boring\n", True)):
        process.stdin.write(line)
        process.stdin.flush()
        assert (b"\t" in process.stdout.readline()) == begins
    out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == (b"", b"", 0)


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_a_bad_line_ends_what_is_followed_behind_its_answers(run, bundle_folder, stdin, any_engine, json_option):
    stdin(b"good\nb\xe9d\nfilm\n")
    status, out, err = run("predict", bundle_folder, "--follow", "--engine", any_engine, *json_option)
    assert status == 2
    assert "line 2: byte 1 (0xe9) is not UTF-8" in err
    if json_option:
        document = json.loads(out)
        assert len(document["predictions"]) == 1
        assert "line 2" in document["error"]
    else:
        assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("good",), "texts and --follow together; --follow reads lines of stdin, or of --file"),
        (("--threads", "2"), "--threads and --follow together; a text is followed by one thread"),
    ],
)
def test_options_that_mean_nothing_where_a_text_is_followed(run, bundle_folder, options, message):
    assert run("predict", bundle_folder, "--follow", *options) == (2, "", f"drupelet predict: {message}\n")


def test_a_text_that_is_read_again_is_said_to_who_looks(run, bundle_folder, stdin, monkeypatch, any_engine):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    stdin(b"good\n")
    _, _, err = run("predict", bundle_folder, "--follow", "--engine", any_engine)
    said = "this network, or this engine, reads the whole text again for each line\n"
    assert err == ("" if any_engine == "native" else said)
