"""``drupelet export`` with thresholds and rejection, and what the bundle then answers."""

import json
from itertools import product

import pytest

import drupelet
from drupelet.decision import REJECTED
from drupelet.errors import FormatError
from drupelet.model_file import read_model_file

WORDS = ("the", "film", "a", "good", "bad", "quiet")
LABELS = ("spam, eggs", "\u05e9\u05dc\u05d5\u05dd", 'a "quoted" = label')
ENGINES = ("native", "numpy", "onnx", "litert")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    path = tmp_path_factory.mktemp("foreign") / "foreign.txt"
    path.write_text("\n".join(" ".join(words) for words in product(WORDS, repeat=3)) + "\nqzx\n")
    return path


@pytest.fixture(scope="module")
def several_labels(keras_chain, tmp_path_factory):
    """A saved model of three labels that are decided alone."""
    from keras import layers

    path = tmp_path_factory.mktemp("several") / "several.keras"
    keras_chain(
        layers.Embedding(8, 4, mask_zero=True),
        layers.LSTM(3),
        layers.Dense(3, activation="sigmoid"),
    ).save(path)
    return path


@pytest.fixture(scope="module")
def rejecting(run_of_module, saved_model, module_options, foreign, tmp_path_factory):
    """A bundle of two labels that rejects, and what export printed."""
    out = tmp_path_factory.mktemp("rejecting") / "bundle"
    status, printed, said = run_of_module(
        "export", saved_model, *module_options, "--reject", "0.2", "--foreign", foreign, "--out", out
    )
    assert status == 0, said
    return out, printed


@pytest.fixture(scope="module")
def module_options(vocabulary_file):
    return (
        "--vocab",
        vocabulary_file,
        "--labels",
        "bad, good",
        "--tokenizer",
        "alnum",
        "--max-tokens",
        "6",
        "--keep",
        "head",
    )


@pytest.fixture(scope="module")
def run_of_module():
    """A function that runs ``drupelet`` and returns exit status, stdout and stderr."""
    import contextlib
    import io

    from drupelet.cli.main import main

    def call(*arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main([str(argument) for argument in arguments])
            except SystemExit as stop:
                status = stop.code
        return status, out.getvalue(), err.getvalue()

    return call


def test_rejection_is_in_the_manifest_the_file_the_verdict_and_the_page(rejecting):
    folder, printed = rejecting
    manifest = drupelet.open_bundle(folder).manifest
    rejection = manifest.rejection
    assert (rejection.rate, rejection.foreign, rejection.chosen_on, rejection.accepted) == (0.2, "foreign.txt", 108, 21)
    assert (rejection.fresh, rejection.without_words, rejection.own_suite) == (108, 1, "sampled")
    file = read_model_file((folder / "model.f32.drupelet").read_bytes())
    assert file.decision == manifest.decision
    line = next(line for line in printed.splitlines() if line.startswith("rejection: below "))
    assert f"accepted {rejection.fresh_accepted} of 108 (" in line
    assert "fresh foreign texts, asked for 20.0% (chosen on 108 others of foreign.txt); rejected" in line
    document = json.loads((folder / "parity.json").read_bytes())
    assert document["rejection"] == rejection.to_json()
    assert all(result["suites"]["foreign"]["n"] for result in document["results"] if result["not_run_because"] is None)
    assert "fresh foreign texts, asked for 20.0%" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_rejects_the_same_texts(rejecting, foreign, engine):
    folder, _ = rejecting
    classifier = drupelet.load(folder, engine)
    texts = foreign.read_text().splitlines()
    least = classifier.bundle.manifest.decision.reject_below
    answers = classifier.predict(texts)
    assert [answer.rejected for answer in answers] == [
        answer.n_tokens == 0 or answer.probability < least for answer in answers
    ]
    assert 0 < sum(answer.rejected for answer in answers) < len(answers)
    assert answers[-1].rejected  # it has no known word
    ids = classifier.predict_ids([classifier.keras_ids(text) for text in texts])
    assert [answer.label for answer in ids] == [answer.label for answer in answers]


def test_a_device_verifies_the_decisions(rejecting, run):
    folder, _ = rejecting
    status, out, _ = run("verify", folder, "--json")
    assert status == 0
    ran = [result for result in json.loads(out)["results"] if result["not_run_because"] is None]
    assert all(result["suites"]["foreign"]["flips"] == 0 for result in ran)
    status, out, _ = run("inspect", folder)
    assert "rejection   below 0." in out
    status, out, _ = run("inspect", folder / "model.f32.drupelet")
    assert "rejection   below 0." in out


def test_parity_compares_the_decisions_again(rejecting, saved_model, module_options, run):
    folder, _ = rejecting
    status, out, _ = run("parity", folder, "--model", saved_model, *module_options, "--engine", "numpy", "--json")
    assert status == 0, out
    [numpy, *_] = [result for result in json.loads(out)["results"] if result["not_run_because"] is None]
    assert numpy["suites"]["foreign"]["n"] == 108


@pytest.mark.parametrize("engine", ["native", "numpy"])
@pytest.mark.parametrize("change", [None, {"thresholds": None, "reject_below": 0.5000001}])
def test_a_manifest_that_decides_otherwise_than_the_file_is_refused(rejecting, tmp_path, engine, change):
    import shutil

    folder = tmp_path / "bundle"
    shutil.copytree(rejecting[0], folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    if change is None:
        del manifest["decision"], manifest["rejection"]
    else:
        manifest["decision"] = change
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(
        FormatError, match="holds another network, text rules, labels or decision than the manifest says"
    ):
        drupelet.load(folder, engine)


def test_texts_of_the_owner_stay_private(saved_model, module_options, foreign, run, tmp_path):
    status, out, err = run(
        "export", saved_model, *module_options, "--private", "--formats", "drupelet", "--reject", "0.2", "--foreign", foreign,
        "--out", tmp_path / "bundle"
    )  # fmt: skip
    assert status == 0, err
    goldens = [json.loads(line) for line in (tmp_path / "bundle" / "goldens.jsonl").read_text().splitlines()]
    assert {"text" in golden for golden in goldens if golden["suite"] == "foreign"} == {False}
    assert "108 of your texts" in out


def test_thresholds_of_labels(several_labels, vocabulary_file, foreign, run, tmp_path):
    labels = '"spam, eggs",\u05e9\u05dc\u05d5\u05dd,a "quoted" = label'
    options = (
        "--vocab",
        vocabulary_file,
        "--labels",
        labels,
        "--tokenizer",
        "alnum",
        "--max-tokens",
        "6",
        "--keep",
        "head",
    )
    status, _, err = run(
        "export", several_labels, *options, "--threshold", f"{LABELS[2]}=0.501", "--threshold", "0.499",
        "--reject", "0.3", "--foreign", foreign, "--out", tmp_path / "bundle"
    )  # fmt: skip
    assert status == 0, err
    manifest = drupelet.open_bundle(tmp_path / "bundle").manifest
    assert manifest.labels == LABELS
    assert manifest.decision.to_json()["thresholds"] == [0.499, 0.499, 0.501]
    for engine in ENGINES:
        for answer in drupelet.load(tmp_path / "bundle", engine).predict(foreign.read_text().splitlines()):
            held = manifest.decision.answered(answer.probabilities) if answer.n_tokens else ()
            assert answer.labels == tuple(LABELS[place] for place in held)
    status, out, _ = run("inspect", tmp_path / "bundle")
    assert 'thresholds  spam, eggs 0.499, \u05e9\u05dc\u05d5\u05dd 0.499, a "quoted" = label 0.501' in out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--reject", "0.1"), "--reject and --foreign belong together"),
        (("--foreign", "x.txt"), "--reject and --foreign belong together"),
        (("--reject", "5%", "--foreign", "x.txt"), "--reject '5%', expected a share above 0 and below 1, such as 0.05"),
        (("--reject", "x" * 99, "--foreign", "x.txt"), "expected a share above 0 and below 1"),
        (("--reject", "0.1", "--foreign", "missing.txt"), "missing.txt: not found"),
        (("--threshold", "0.3"), "--threshold is for models that decide each label alone"),
        (("--threshold", "half"), "--threshold 'half': expected P or LABEL=P"),
    ],
)
def test_options_that_make_no_sense(saved_model, options, run, tmp_path, given, message):
    status, _, err = run("export", saved_model, *options, *given, "--formats", "drupelet", "--out", tmp_path / "bundle")
    assert (status, message in err) == (2, True), err
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("rate", ["0", "1", "-1", "nan", "inf", "1e-400"])
def test_rates_that_are_no_share(saved_model, options, run, tmp_path, foreign, rate):
    status, _, err = run(
        "export", saved_model, *options, f"--reject={rate}", "--foreign", foreign, "--out", tmp_path / "b"
    )
    assert (status, "expected a share above 0 and below 1" in err) == (2, True), err


def test_a_label_that_is_called_like_a_rejected_text(saved_model, vocabulary_file, foreign, run, tmp_path):
    options = ("--vocab", vocabulary_file, "--labels", f"bad,{REJECTED}", "--tokenizer", "alnum", "--max-tokens", "6")
    status, _, err = run(
        "export",
        saved_model,
        *options,
        "--keep",
        "head",
        "--reject",
        "0.2",
        "--foreign",
        foreign,
        "--out",
        tmp_path / "b",
    )
    assert (status, "a label is called '(rejected)', which stands for a rejected text" in err) == (2, True), err
