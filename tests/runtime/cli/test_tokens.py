"""``drupelet tokens`` on the tiny bundle, whose Keras ids are not those of its .drupelet file."""

import io
from dataclasses import replace

import pytest

import drupelet
from drupelet.cli.tokens import SHOWN_TOKENS
from drupelet.text.rules import DropWords, Ngrams, Replace, Split, Substitute, TextRules
from runtime.format_writer import model_file, table_vocabulary_file

SENTENCE = "The movie<br />is AWFUL, very BAD"
FIRST = """\
text                            "The movie<br />is AWFUL, very BAD"
lower (unicode)                 "the movie<br />is awful, very bad"
replace "<br />" by " "         "the movie is awful, very bad"
keep "0-9a-z", space            "the movie is awful very bad"
split at white space (unicode)  6 words

             the  movie  is  awful  very  bad
Keras's id   2    5      1?  12     8     9
engine's id  10   9      1   3      11    4
?: a word that the vocabulary lacks

Keras's ids:                       2 5 1 12 8 9
native's ids (model.f32.drupelet): 10 9 1 3 11 4
6 tokens (at most 8, ends), 5 of them known
"""


@pytest.fixture
def bundle(model, bundle_copy, edit_manifest, replace_file):
    """A function that gives the tiny bundle other text rules, in Keras's ids, and a .drupelet file that has them too."""

    def change(rules, in_the_file):
        def edit(data):
            data["text_rules"] = rules.to_json()
            data["network"]["max_tokens"] = rules.max_tokens

        edit_manifest(bundle_copy, edit)
        replace_file(bundle_copy, "model.f32.drupelet", model_file(model.with_text_rules(in_the_file)))
        return bundle_copy

    return change


def test_a_sentence_step_by_step(run, bundle_folder, drupelet_engine):
    status, out, err = run("tokens", bundle_folder, SENTENCE, "--engine", drupelet_engine)
    assert (status, err) == (0, "")
    margin = max(len("Keras's ids"), len(f"{drupelet_engine}'s ids (model.f32.drupelet)"))
    expected = FIRST.replace("native", drupelet_engine)
    expected = "".join(
        f"{line.split(': ')[0] + ':':<{margin + 1}} {line.split(': ')[1].strip()}\n" if "s ids" in line else line + "\n"
        for line in expected.splitlines()
    )
    assert out == expected


@pytest.mark.parametrize("engine_name", ["litert", "onnx"])
def test_an_engine_that_reads_the_ids_of_keras_has_no_second_row(run, full_bundle_folder, engine_name):
    pytest.importorskip({"litert": "ai_edge_litert", "onnx": "onnxruntime"}[engine_name])
    status, out, _ = run("tokens", full_bundle_folder, "a wonderful film", "--engine", engine_name)
    assert status == 0
    assert "\n            a  wonderful  film\nKeras's id  3  11         6\n\n" in out
    assert f"\nKeras's ids, which {engine_name} reads too: 3 11 6\n" in out
    assert "engine's id" not in out


def test_a_single_file_knows_no_ids_of_keras(run, run_json, bundle_folder, drupelet_engine):
    path = bundle_folder / "model.f32.drupelet"
    out = run("tokens", path, "A film qzx", "--engine", drupelet_engine)[1]
    assert "\n             a  film  qzx\nengine's id  2  6     1?\n" in out
    assert "\nA single .drupelet file does not hold Keras's ids; its bundle does.\n" in out
    (text,) = run_json("tokens", path, "A film qzx", "--engine", drupelet_engine)[1]["texts"]
    assert (text["keras_ids"], text["engine_ids"], text["agrees"]) == (None, [2, 6, 1], True)
    assert {token["keras_id"] for token in text["tokens"]} == {None}


def test_one_document(run_json, bundle_folder, any_engine):
    status, document = run_json("tokens", bundle_folder, SENTENCE, "", "--engine", any_engine)
    assert status == 0
    first, second = document.pop("texts")
    assert document == {
        "schema_version": 1,
        "bundle": str(bundle_folder),
        "engine": any_engine,
        "file": drupelet.load(bundle_folder, any_engine).model.entry.file,
        "rules": "alnum",
        "max_tokens": 8,
        "keep": "ends",
        "padding": "none",
    }
    assert (first["text"], first["n_tokens"], first["keras_ids"]) == (SENTENCE, 5, [2, 5, 1, 12, 8, 9])
    assert first["engine_ids"] == drupelet.load(bundle_folder, any_engine).encode(SENTENCE)
    assert [step["step"] for step in first["steps"]] == ["lower", "replace", "keep", "split"]
    assert first["steps"][1] == {"step": "replace", "old": "<br />", "new": " ", "text": "the movie is awful, very bad"}
    assert first["steps"][3]["words_left"] == ["the", "movie", "is", "awful", "very", "bad"]
    assert first["tokens"][2] == {
        "word": "is", "kind": "unknown", "keras_id": 1, "use": "read", "engine_id": 1
    }  # fmt: skip
    assert [token["engine_id"] for token in first["tokens"]] == first["engine_ids"]
    assert (second["tokens"], second["keras_ids"], second["engine_ids"], second["agrees"]) == ([], [], [], True)


def test_what_becomes_of_each_token(run, bundle, drupelet_engine):
    rules = TextRules("own", (Split("ascii"),), start_id=0, end_id=4, unknown_id=None, max_tokens=5, keep="head")
    folder = bundle(rules, replace(rules, end_id=1))
    out = run("tokens", folder, "good qzx bad film movie the", "--engine", drupelet_engine)[1]
    assert out.splitlines()[3:7] == [
        "             <start>  good  qzx      bad  film  movie  the  <end>",
        "Keras's id   masked   7     dropped  9    6     5      cut  cut",
        "engine's id  -        7     -        4    6     9      -    -",
        "dropped: an unknown word, for which the model has no id; cut: beyond max_tokens; masked: id 0, which the model masks",
    ]
    assert "\n4 tokens (at most 5, head), 4 of them known\n" in out


@pytest.mark.parametrize(("padding", "ids"), [("pre", "0 (6 times) 7 6"), ("post", "7 6 0 (6 times)")])
def test_padding_that_is_not_masked_goes_in(
    run, model, bundle_copy, edit_manifest, replace_file, drupelet_engine, padding, ids
):
    edit_manifest(bundle_copy, lambda data: data["network"].update(padding=padding))
    replace_file(bundle_copy, "model.f32.drupelet", model_file(model.with_graph(padding=padding)))
    out = run("tokens", bundle_copy, "good film", "--engine", drupelet_engine)[1]
    assert f": {ids}\n" in out.replace("  ", "")
    assert "\nKeras's id  7     6\n" in out or "\nKeras's id   7     6\n" in out
    assert f"2 tokens (at most 8, ends, padded with 0 ({padding})), 2 of them known" in out


def test_every_kind_of_step_has_a_name(run, bundle):
    steps = (
        Substitute("<[^>]+>", ""),
        Replace("\t", " " * 40),
        Split("separator", " "),
        DropWords(("a", "b", "c", "d")),
        Ngrams((1, 2)),
    )
    rules = TextRules("own", steps, unknown_id=1, max_tokens=8)
    out = run("tokens", bundle(rules, rules), "good <b>a\tfilm")[1]
    for line in (
        'substitute "<[^>]+>" by ""',
        'split at " "',
        'drop_words "a", "b", "c" and 1 more',
        "ngrams of 1, 2",
    ):
        assert any(shown.startswith(line) for shown in out.splitlines()), line
    assert 'replace "\\t" by "' in out
    assert '"... (40 characters)' in out


def test_hostile_texts_cannot_move_the_cursor(run, bundle_folder):
    text = "bad\x1b[2J\r\x07\u202egood\u200d\u0085 \\ \x00"
    status, out, err = run("tokens", bundle_folder, text)
    assert (status, err) == (0, "")
    assert all(character == "\n" or character.isprintable() for character in out)
    assert '"bad\\x1b[2J\\r\\x07\\u202egood\\u200d\\x85 \\\\ \\x00"' in out


def test_long_texts_are_shortened_for_people_and_whole_as_json(run, run_json, bundle_folder):
    text = "good " * 1000 + "x" * 5000
    out = run("tokens", bundle_folder, text)[1]
    assert len(out) < 20_000
    assert "(10000 characters)" in out
    assert f"... and {1001 - SHOWN_TOKENS} more; --json has them all" in out
    assert "x" * 60 not in out.replace("characters", "")
    (report,) = run_json("tokens", bundle_folder, text)[1]["texts"]
    assert len(report["tokens"]) == 1001
    assert report["steps"][0]["text"] == text


def test_a_long_word_is_shortened(run, bundle_folder):
    assert f"{'y' * 50}... (70000 characters)" in run("tokens", bundle_folder, "y" * 70_000)[1]


def test_lines_of_stdin(run, bundle_folder, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"good\nbad\n\xff\nfilm\n"), encoding="ascii"))
    status, out, err = run("tokens", bundle_folder, "-")
    assert status == 2
    assert [line for line in out.splitlines() if line.startswith("text ")] == [
        line for word in ("good", "bad") for line in [f'{"text":<32}"{word}"']
    ]
    assert err.startswith("drupelet tokens: stdin: line 3: byte 0 (0xff) is not UTF-8")


def test_a_file_of_texts(run, bundle_folder, tmp_path):
    (tmp_path / "texts").write_text("good\nfilm\n")
    out = run("tokens", bundle_folder, "--file", tmp_path / "texts")[1]
    assert out.count("\ntext ") + out.startswith("text ") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no text; give texts, --file F, or - to read one text per line from stdin"),
        (("good", "--file", "f"), "texts and --file together; give one or the other"),
        (("good", "--engine", "nativ"), "engine 'nativ' is not known; did you mean 'native'?"),
        (("good", "--scheme", "f33"), "scheme 'f33' is not known; did you mean 'f32'?"),
    ],
)
def test_what_cannot_be_done(run, bundle_folder, arguments, message, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    status, out, err = run("tokens", bundle_folder, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"drupelet tokens: {message}")


def test_a_file_of_other_words_is_an_error(run, bundle_copy, replace_file, drupelet_engine):
    replace_file(bundle_copy, "vocabulary.bin", table_vocabulary_file({"good": 6, "film": 7}, 16))
    status, out, err = run("tokens", bundle_copy, "good", "--engine", drupelet_engine)
    assert (status, out) == (2, "")
    assert "model.f32.drupelet holds other words than vocabulary.bin; export it again" in err


def test_an_engine_that_reads_other_ids_is_status_1(run, run_json, bundle_folder, any_engine, monkeypatch):
    monkeypatch.setattr("drupelet.classifier.Classifier.keras_ids", lambda self, text: [1])
    status, document = run_json("tokens", bundle_folder, "a", "--engine", any_engine)
    assert (status, document["texts"][0]["agrees"]) == (1, False)
    status, out, _ = run("tokens", bundle_folder, "a", "--engine", any_engine)
    assert status == 1
    assert out.endswith("reads other ids than these rules give: this bundle is damaged; run drupelet verify.\n")
