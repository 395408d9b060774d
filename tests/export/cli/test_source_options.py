"""The options for the model and its texts: they become a source, and an error names a missing one."""

import argparse

import pytest

from drupelet.errors import InputError
from drupelet_export.cli.source_options import add_source_options, source_of


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
    text = source.options
    assert (text.labels, text.vocabulary, text.padding, text.unknown_id) == (("bad", "good"), words, "post", 1)
    assert (text.text_rules.name, text.text_rules.max_tokens, text.text_rules.keep) == ("alnum", 6, "tail")


def test_options_that_are_not_given_are_none(parsed, saved_model):
    text = source_of(saved_model, parsed("--labels", "a,b")).options
    assert (text.vocabulary, text.text_rules, text.padding, text.unknown_id) == (None, None, None, None)
    tokenizer = source_of(saved_model, parsed("--labels", "a,b", "--tokenizer", "textvectorization")).options.text_rules
    assert (tokenizer.max_tokens, tokenizer.keep) == (None, "head")


def test_a_run_folder_takes_other_data_only(parsed, run_folder):
    assert source_of(run_folder, parsed()).data is None
    source = source_of(run_folder, parsed("--data", "texts.csv"))
    assert (source.data, source.options.labels) == ("texts.csv", ("bad", "good"))
    for option in (("--labels", "a,b"), ("--padding", "pre"), ("--unknown-id", "0")):
        with pytest.raises(InputError, match=rf"run: a run folder holds its own text options; remove {option[0]}$"):
            source_of(run_folder, parsed(*option))


@pytest.mark.parametrize("option", [("--max-tokens", "6"), ("--keep", "tail")])
def test_max_tokens_and_keep_need_a_tokenizer(parsed, saved_model, option):
    with pytest.raises(
        InputError,
        match=r"tiny\.keras: --max-tokens and --keep need a --tokenizer; give one of tokenizer, textvectorization, ",
    ):
        source_of(saved_model, parsed("--labels", "a,b", *option))


def test_labels_are_needed(parsed, saved_model):
    with pytest.raises(InputError, match=r"tiny\.keras: the names of its classes are not known; give --labels a,b in"):
        source_of(saved_model, parsed())


def test_a_folder_that_is_no_run(run, options, tmp_path):
    status, _, err = run("export", tmp_path, *options, "--out", tmp_path / "b")
    assert status == 2
    assert f"{tmp_path}: a folder without run.json; expected the folder of a drupelet train run, or a model file" in err


def test_text_options_beside_a_run_folder_are_refused(run, run_folder, options, tmp_path):
    status, _, err = run("export", run_folder, *options, "--unknown-id", "1", "--out", tmp_path / "b")
    assert status == 2
    assert "a run folder holds its own text options; remove --vocab, --labels, --tokenizer, --max-tokens" in err
    assert "--unknown-id" in err


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
