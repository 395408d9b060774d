"""``drupelet explain`` shows which words decided."""

import io
import re

import drupelet
from runtime.format_writer import model_file
from runtime.networks import drawn_model

TEXT = "A wonderful film, VERY bad"


def test_the_words_that_did_most_are_a_table(run, bundle_folder, any_engine):
    status, out, err = run("explain", bundle_folder, TEXT, "--engine", any_engine)
    found = drupelet.load(bundle_folder, engine=any_engine).explain(TEXT)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{found.label}\t{found.probability:.6f}"
    assert lines[1].split() == ["word", "change", "share"]
    ranked = sorted((word for word in found.words if word.change), key=lambda word: -abs(word.change))
    assert [line.split()[0] for line in lines[2 : 2 + len(ranked)]] == [word.word for word in ranked]
    if found.log_odds is not None:
        assert re.fullmatch(r"log-odds [+-][\d.]+ = words [+-][\d.]+, rest [+-][\d.]+", lines[2 + len(ranked)])
    assert "\x1b" not in out


def test_a_table_has_as_many_words_as_are_asked_for(run, bundle_folder, any_engine):
    _, out, _ = run("explain", bundle_folder, TEXT, "--top", "2", "--engine", any_engine)
    assert [line.split()[0] for line in out.splitlines()[1:4]].count("word") == 1
    assert len([line for line in out.splitlines() if re.match(r"\w+ +[+-]", line) and "log-odds" not in line]) == 2


def test_a_text_without_a_known_word_says_so(run, bundle_folder, any_engine):
    for text in ("", "qzx"):
        assert run("explain", bundle_folder, text)[1].endswith(
            "the network knows no word of this text, so the answer says nothing about it\n"
        )


def test_a_number_of_words_that_is_none(run, bundle_folder):
    status, out, err = run("explain", bundle_folder, "good", "--top=-3")
    assert (status, out) == (2, "")
    assert "argument --top: '-3' is no number from 0 on" in err


def test_a_terminal_gets_the_text_in_colours(run, bundle_folder, any_engine, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, out, _ = run("explain", bundle_folder, TEXT, "--engine", any_engine)
    plain = re.sub(r"\x1b\[\d+m", "", out)
    assert "\x1b[32m" in out
    assert plain.splitlines()[1] == TEXT
    monkeypatch.setenv("NO_COLOR", "1")
    _, out, _ = run("explain", bundle_folder, TEXT, "--engine", any_engine)
    assert "\x1b" not in out


def test_json_has_every_word_and_its_place(run_json, bundle_folder, any_engine):
    status, document = run_json("explain", bundle_folder, TEXT, "xyzzy", "--engine", any_engine)
    classifier = drupelet.load(bundle_folder, engine=any_engine)
    assert status == 0
    assert document["schema_version"] == 1
    assert (document["engine"], document["file"]) == (any_engine, classifier.model.entry.file)
    for text, found in zip((TEXT, "xyzzy"), document["texts"]):
        expected = classifier.explain(text)
        assert found == {
            "text": text,
            "label": expected.label,
            "probability": expected.probability,
            "answer": expected.prediction.label,
            "probabilities": list(expected.prediction.probabilities),
            "log_odds": expected.log_odds,
            "rest": expected.rest,
            "words": [word._asdict() for word in expected.words],
        }


def test_what_is_no_number_is_null(run_json, tmp_path, drupelet_engine):
    layer = ("lstm", "forward", "none", "tanh", "sigmoid", False)
    (tmp_path / "average.drupelet").write_bytes(model_file(drawn_model([layer], rows=9, pooling="average")))
    _, document = run_json("explain", tmp_path / "average.drupelet", "", "w000", "--engine", drupelet_engine)
    assert [found["probability"] is None for found in document["texts"]] == [True, False]
    assert document["texts"][1]["words"][0]["change"] is None


def test_a_label_is_chosen(run, bundle_folder, any_engine):
    for label in drupelet.load(bundle_folder, engine=any_engine).labels:
        status, out, _ = run("explain", bundle_folder, TEXT, "--label", label, "--engine", any_engine)
        assert (status, out.split("\t")[0]) == (0, label)
    status, out, err = run("explain", bundle_folder, TEXT, "--label", "x", "--engine", any_engine)
    assert (status, out) == (2, "")
    assert err.startswith("drupelet explain: label 'x' is not known (known: ")


def test_a_quick_explanation_has_shares_alone(run, bundle_folder, drupelet_engine):
    status, out, _ = run("explain", bundle_folder, TEXT, "--quick", "--engine", drupelet_engine)
    assert status == 0
    assert re.search(r"^wonderful +- +[+-][\d.]+$", out, re.MULTILINE)


def test_words_that_were_not_read_are_counted(run, bundle_folder, any_engine):
    _, out, _ = run("explain", bundle_folder, "good " * 40, "--engine", any_engine)
    assert re.search(r"^cut: \d+$", out, re.MULTILINE)


def test_a_page_is_written(run, bundle_folder, any_engine, tmp_path):
    page = tmp_path / "page.html"
    status, out, err = run("explain", bundle_folder, TEXT, "a good film", "--html", page, "--engine", any_engine)
    assert (status, err, out.count("\t")) == (0, "", 2)
    content = page.read_text(encoding="utf-8")
    assert content.startswith("<!DOCTYPE html>")
    assert content.count('<div class="text"') == 2


def test_a_page_that_cannot_be_written(run, bundle_folder, any_engine, tmp_path):
    status, _, err = run("explain", bundle_folder, TEXT, "--html", tmp_path, "--engine", any_engine)
    assert status == 2
    assert "cannot be written (Is a directory)" in err


def test_lines_of_stdin_are_explained(run_json, bundle_folder, any_engine, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"good\nbad film\n"), encoding="ascii"))
    _, document = run_json("explain", bundle_folder, "-", "--engine", any_engine)
    assert [found["text"] for found in document["texts"]] == ["good", "bad film"]


def test_a_hostile_text_is_escaped(run, bundle_folder, any_engine, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    _, out, _ = run("explain", bundle_folder, "good\x1b[2J\u202e film", "--engine", any_engine)
    assert "\x1b[2J" not in out
    assert "\u202e" not in out


def test_a_long_word_is_shortened(run, bundle_folder, any_engine):
    _, out, _ = run("explain", bundle_folder, "x" * 500 + " good", "--engine", any_engine)
    assert "x" * 100 not in out
