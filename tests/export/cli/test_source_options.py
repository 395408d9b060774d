"""The options for the model and its texts: they become a source, and an error names a missing one."""

import argparse
import json

import pytest

from drupelet.errors import InputError
from drupelet.text.named import ALNUM, WORDS
from drupelet_export.cli.source_options import add_source_options, parse_labels, source_of


@pytest.fixture
def parsed():
    """A function that parses options."""
    parser = argparse.ArgumentParser()
    add_source_options(parser)
    return lambda *arguments: parser.parse_args([str(argument) for argument in arguments])


def test_options_become_a_source(parsed, saved_model, vocabulary_file, words):
    more = ("--padding", "post", "--unknown-id", "1", "--keep", "tail", "--data", "imdb")
    options = ("--vocab", vocabulary_file, "--labels", "bad, good", "--tokenizer", "alnum", "--max-tokens", "6")
    source = source_of(saved_model, parsed(*options, *more))
    assert (source.model_path, source.data) == (saved_model, "imdb")
    text = source.options.text
    assert (source.options.labels, text.vocabulary.tokens) == (("bad", "good"), words)
    assert (text.padding, text.unknown_id, text.rules, text.max_tokens, text.keep) == ("post", 1, ALNUM, 6, "tail")
    assert (text.num_words, text.start_id, text.end_id, text.id_offset) == (None, None, None, None)


def test_every_id_has_an_option(parsed, saved_model, vocabulary_file):
    ids = ("--num-words", "7", "--start-id", "none", "--end-id", "3", "--unknown-id", "drop", "--id-offset", "2")
    text = source_of(saved_model, parsed("--vocab", vocabulary_file, "--labels", "a,b", *ids)).options.text
    assert (text.num_words, text.start_id, text.end_id, text.unknown_id, text.id_offset) == (7, "none", 3, "drop", 2)
    with pytest.raises(SystemExit):
        parsed("--start-id", "drop")


def test_rules_of_ones_own_come_from_a_file_that_was_printed(run, parsed, saved_model, vocabulary_file, tmp_path):
    status, printed, _ = run("export", "--print-text-rules", "words")
    assert status == 0
    (tmp_path / "rules.toml").write_text(printed, encoding="utf-8")
    given = ("--vocab", vocabulary_file, "--labels", "a,b", "--text-rules", tmp_path / "rules.toml")
    assert source_of(saved_model, parsed(*given)).options.text.rules == WORDS
    status, _, err = run("export", "--print-text-rules", "keras")
    assert (status, "give textvectorization" in err) == (2, True)


def test_options_that_are_not_given_are_none(parsed, saved_model):
    text = source_of(saved_model, parsed("--labels", "a,b")).options
    assert text.text is None


def test_a_run_folder_takes_other_data_only(parsed, run_folder):
    assert source_of(run_folder, parsed()).data is None
    source = source_of(run_folder, parsed("--data", "texts.csv"))
    assert (source.data, source.options.labels) == ("texts.csv", ("bad", "good"))
    assert source.all_held_out
    run = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps({**run, "data": "texts.csv"}))
    recorded, named = source_of(run_folder, parsed()), source_of(run_folder, parsed("--data", "texts.csv"))
    assert not recorded.all_held_out
    assert not named.all_held_out
    assert (recorded.recorded_sha256, named.recorded_sha256) == ("", None)  # what the user names is read as it is
    for option in (("--labels", "a,b"), ("--padding", "pre"), ("--unknown-id", "0")):
        with pytest.raises(InputError, match=rf"run: a run folder holds its own text options; remove {option[0]}$"):
            source_of(run_folder, parsed(*option))


def test_all_data_beside_a_model_file_is_held_out(parsed, saved_model):
    source = source_of(saved_model, parsed("--labels", "a,b", "--data", "texts.csv"))
    assert (source.data, source.all_held_out) == ("texts.csv", True)


def test_a_saved_model_folder_is_known(parsed, tmp_path):
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(
        InputError, match=r"a SavedModel, which holds no layers .*; next: model\.save\('model\.keras'\)"
    ):
        source_of(tmp_path, parsed("--labels", "a,b"))


def test_a_saved_model_folder_of_keras_2_is_a_source(parsed, tmp_path):
    (tmp_path / "saved_model.pb").touch()
    (tmp_path / "keras_metadata.pb").touch()
    assert source_of(tmp_path, parsed("--labels", "a,b")).model_path == tmp_path


def test_weights_alone_have_an_architecture_beside_them(parsed, run_folder, saved_model, tmp_path):
    source = source_of(saved_model, parsed("--labels", "a,b", "--architecture", tmp_path / "model.json"))
    assert source.architecture == tmp_path / "model.json"
    assert source_of(saved_model, parsed("--labels", "a,b")).architecture is None
    with pytest.raises(InputError, match=r"a run folder holds its own text options; remove --architecture$"):
        source_of(run_folder, parsed("--architecture", tmp_path / "model.json"))


def test_bodies_of_layers_are_loaded_by_name(parsed, run_folder, saved_model, tmp_path):
    (tmp_path / "own.py").write_text("def one(config): pass\ndef two(config): pass\n")
    given = [f"Odd={tmp_path / 'own.py'}:one", f"dense={tmp_path / 'own.py'}:two"]
    source = source_of(saved_model, parsed("--labels", "a,b", "--replace", given[0], "--replace", given[1]))
    assert [each.said for each in source.replacements] == [f"--replace {each}" for each in given]
    assert source_of(saved_model, parsed("--labels", "a,b")).replacements == ()
    with pytest.raises(InputError, match=r"a run folder holds its own text options; remove --replace$"):
        source_of(run_folder, parsed("--replace", given[0]))


def test_weights_and_their_architecture_are_exported(run, vocabulary_file, keras_chain, tmp_path):
    from keras import layers

    model = keras_chain(layers.Embedding(8, 4, mask_zero=True), layers.LSTM(3), layers.Dense(1, activation="sigmoid"))
    model.save_weights(tmp_path / "model.weights.h5")
    (tmp_path / "model.json").write_text(model.to_json())
    options = (
        "--vocab",
        vocabulary_file,
        "--tokenizer",
        "alnum",
        "--labels",
        "a,b",
        "--max-tokens",
        "6",
        "--keep",
        "head",
    )
    more = ("--unknown-id", "1", "--formats", "drupelet", "--schemes", "f32", "--out", tmp_path / "b")
    status, _, err = run("export", tmp_path / "model.weights.h5", *options, *more)
    assert (status, "--architecture FILE" in err) == (2, True)
    status, _, err = run(
        "export", tmp_path / "model.weights.h5", "--architecture", tmp_path / "model.json", *options, *more
    )
    assert status == 0, err


@pytest.mark.parametrize("option", [("--max-tokens", "6"), ("--keep", "tail"), ("--tokenizer", "alnum")])
def test_what_is_said_of_words_needs_words(parsed, saved_model, option):
    with pytest.raises(InputError, match=rf"tiny\.keras: {option[0]} without --vocab; give --vocab FILE too, or"):
        source_of(saved_model, parsed("--labels", "a,b", *option))


def test_labels_are_needed(parsed, saved_model):
    with pytest.raises(InputError, match=r"tiny\.keras: the names of its classes are not known; give --labels a,b in"):
        source_of(saved_model, parsed())


def test_a_folder_that_is_no_run(run, options, tmp_path):
    status, _, err = run("export", tmp_path, *options, "--out", tmp_path / "b")
    assert status == 2
    assert (
        f"{tmp_path}: a folder without run.json; expected the folder of a drupelet train run or study, or a model file"
        in err
    )


def test_text_options_beside_a_run_folder_are_refused(run, run_folder, options, tmp_path):
    status, _, err = run("export", run_folder, *options, "--unknown-id", "1", "--out", tmp_path / "b")
    assert status == 2
    assert (
        "a run folder holds its own text options; remove --vocab, --labels, --tokenizer, --unknown-id, --max-tokens"
        in err
    )


def test_help_describes_every_option(run):
    for command in ("export", "parity"):
        status, out, _ = run(command, "--help")
        assert status == 0
        for option in (
            "--vocab",
            "--labels",
            "--tokenizer",
            "--max-tokens",
            "--keep",
            "--padding",
            "--unknown-id",
            "--data",
        ):
            assert option in out


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ("bad, good", ("bad", "good")),
        ('"salt, pepper", other', ("salt, pepper", "other")),
        ('"a ""quoted"" one",b "c" d', ('a "quoted" one', 'b "c" d')),
        (
            "\u05d8\u05d5\u05d1,\u0440\u0443\u0441,\u65e5\u672c",
            ("\u05d8\u05d5\u05d1", "\u0440\u0443\u0441", "\u65e5\u672c"),
        ),
        ("a\tb,c", ("a\tb", "c")),
        ("", ()),
        ("a,,b", ("a", "", "b")),
    ],
)
def test_labels_are_a_line_of_csv(given, labels):
    assert parse_labels(given) == labels


@pytest.mark.parametrize("given", ['"a,b', '"a"b,c', '"a" b,"c'])
def test_quotes_that_are_not_closed(given):
    with pytest.raises(InputError, match=r"^--labels '.*: not a line of CSV \(.*\); quote a label with a comma, and"):
        parse_labels(given)


@pytest.mark.parametrize("given", ["a,b\rc", "a\nb,c", '"a\x1b[2J'])
def test_a_line_of_csv_with_such_a_character(given):
    with pytest.raises(InputError, match="has a character that cannot stand in a line; name the labels without it"):
        parse_labels(given)


@pytest.mark.parametrize("label", ["a\tb", "a\nb", "\u202ea", "a\x1b[31m", "\u200b"])
def test_labels_that_cannot_stand_in_a_line_are_refused(run, saved_model, vocabulary_file, tmp_path, label):
    options = ("--vocab", vocabulary_file, "--tokenizer", "alnum", "--max-tokens", "6", "--keep", "head")
    status, _, err = run("export", saved_model, *options, "--labels", f'"{label}",b', "--out", tmp_path / "bundle")
    assert status == 2
    assert "is empty or has a character that cannot stand in a line" in err
    assert label not in err
