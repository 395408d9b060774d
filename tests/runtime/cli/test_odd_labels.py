"""Labels with commas, quotes, separators, escapes and any script: printed, read back by eval, explained, and served."""

import csv
import json
from dataclasses import replace

import pytest

import drupelet
from drupelet.decision import Decision, float32
from drupelet.serve.answers import classification
from runtime.decided_files import decision_section, with_decision
from runtime.format_writer import model_file
from runtime.networks import SAMPLES, model_of

ODD = (
    "spam, eggs",
    'say "no" | yes',
    "\u05e9\u05dc\u05d5\u05dd \u0639\u0644\u064a\u0643\u0645",
    "\u0915\u094d\u200d\u0937 \u65e5\u672c\u8a9e \U0001f9d1\u200d\U0001f680",
    "back\\slash\\t; semicolon = $(x) <b>&amp;",
    "(rejected",
    "null",
)
TEXTS = ["w000 w003", "w007", "w001 w002 w009", "w004", "w010 w011", "w005 w006 w008", "w002"]


def labelled_model(network, labels):
    """A model over the words w000, w001, ... with these labels."""
    return replace(model_of(network), labels=labels)


@pytest.fixture(params=[ODD[:3], ODD[3:6], (ODD[6], ODD[1], ODD[4])], ids=["first", "second", "third"])
def labels(request):
    return request.param


@pytest.fixture(params=["text cnn", "several labels"])
def path(request, labels, tmp_path):
    content = model_file(labelled_model(SAMPLES[request.param], labels))
    several = request.param == "several labels"
    decision = Decision(tuple(map(float32, (0.45, 0.5, 0.4))), None) if several else Decision((), float32(0.5))
    (tmp_path / "odd.drupelet").write_bytes(with_decision(content, decision_section(decision)))
    return tmp_path / "odd.drupelet"


def test_lines_are_read_back(run, path, labels):
    status, out, _ = run("predict", path, *TEXTS, "--echo")
    assert status == 0
    answers = drupelet.load(path).predict(TEXTS)
    for line, text, answer in zip(out.splitlines(), TEXTS, answers):
        *fields, echoed = line.split("\t")
        assert echoed == text
        shown = tuple(fields[::2])
        assert shown == (("(rejected)",) if answer.rejected else answer.labels)
        assert set(answer.labels) <= set(labels)


def test_json_lines_are_read_back_by_eval(run_json, run, path, tmp_path):
    status, out, _ = run("predict", path, *[json.dumps({"text": text}) for text in TEXTS], "--jsonl")
    assert status == 0
    rows = [json.loads(line) for line in out.splitlines()]
    several = "labels" in rows[0]["prediction"]
    answered = [row for row in rows if not row["prediction"].get("rejected")]
    labelled = tmp_path / "answers.jsonl"
    labelled.write_text(
        "".join(
            json.dumps({"text": row["text"], "label": row["prediction"]["labels" if several else "label"]}) + "\n"
            for row in answered
        )
    )
    status, document = run_json("eval", path, labelled)
    assert (status, document["correct"], document["texts"]) == (0, len(answered), len(answered))


def test_csv_is_read_back_by_eval(run_json, run, path, labels, tmp_path):
    classifier = drupelet.load(path)
    table = tmp_path / "answers.csv"
    several = classifier.bundle.manifest.network.is_multi_label
    answered = [(text, answer.labels) for text, answer in zip(TEXTS, classifier.predict(TEXTS)) if not answer.rejected]
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *((text, "|".join(found)) for text, found in answered)])
    ambiguous = several and any("|" in label for _, found in answered for label in found)
    if ambiguous:
        status, _, err = run("eval", path, table)
        assert status == 2
        assert "in a list of JSON, as | stands between labels" in err
    else:
        status, document = run_json("eval", path, table)
        assert (status, document["correct"], document["texts"]) == (0, len(answered), len(answered))


def test_eval_counts_rejected_texts(run, run_json, path, labels, tmp_path):
    table = tmp_path / "all.jsonl"
    table.write_text(
        "".join(json.dumps({"text": text, "label": labels[0]}) + "\n" for text in [*TEXTS, "unknown words"])
    )
    answers = drupelet.load(path).predict([*TEXTS, "unknown words"])
    rejected = sum(answer.rejected for answer in answers)
    _, document = run_json("eval", path, table)
    assert document["rejected"] == rejected
    _, out, _ = run("eval", path, table)
    assert (f"{rejected} rejected (" in out) is (rejected > 0)


def test_explanations_and_served_answers_name_the_labels(run_json, path, labels):
    classifier = drupelet.load(path)
    for text in TEXTS:
        status, document = run_json("explain", path, text)
        answer = classifier(text)
        assert status == 0
        [explanation] = document["texts"]
        assert explanation["label"] in labels
        assert explanation["answer"] == answer.label
        [datum] = classification("odd", [answer])["data"]
        assert datum["label"] == answer.label
        assert datum.get("rejected", False) is answer.rejected


def test_a_label_with_spaces_around_it_is_found(run_json, tmp_path):
    path = tmp_path / "spaces.drupelet"
    path.write_bytes(model_file(labelled_model(SAMPLES["text cnn"], ("\u00a0a", "b ", "c"))))
    texts = tmp_path / "texts.csv"
    texts.write_text("text,label\n" + "".join(f"{text},{drupelet.load(path)(text).label.strip()}\n" for text in TEXTS))
    status, document = run_json("eval", path, texts)
    assert (status, document["correct"]) == (0, len(TEXTS))
