import tomllib
from dataclasses import fields

import pytest

from drupelet.errors import InputError
from drupelet_train.config import (
    BUILT_IN,
    CHOICES,
    RANGES,
    TrainConfig,
    built_in_configs,
    load_config,
    named_config,
    parse_config,
    with_settings,
)

CONFIGS = BUILT_IN


def test_the_tutorials_file_and_the_defaults_are_the_same_but_for_the_grid():
    assert load_config(CONFIGS / "tutorial.toml") == TrainConfig(embedding_bits=4, quantized_epochs=1)


@pytest.mark.parametrize("name", ["imdb", "imdb-tiny", "imdb-nano"])
def test_the_models_that_ship_share_their_recipe(name):
    config = load_config(CONFIGS / f"{name}.toml")
    assert config.tokenizer == "alnum"
    assert (config.teacher, config.embedding_bits, config.bidirectional) == ("ngram", 4, True)
    assert (config.dropout, config.word_dropout, config.head_dropout) == (0, 0, 0)


def test_the_tutorials_file_names_every_setting():
    named = tomllib.loads((CONFIGS / "tutorial.toml").read_text())
    assert set(named) == {field.name for field in fields(TrainConfig)}


@pytest.mark.parametrize(("bits", "float_epochs"), [(32, 9), (8, 6), (4, 6)])
def test_the_last_epochs_are_quantized_ones(bits, float_epochs):
    assert TrainConfig(epochs=9, quantized_epochs=3, embedding_bits=bits).float_epochs == float_epochs


def test_a_float_embedding_needs_no_quantized_epochs():
    assert TrainConfig(epochs=1).float_epochs == 1
    assert TrainConfig(epochs=1, quantized_epochs=1, embedding_bits=8).float_epochs == 0


@pytest.mark.parametrize(("name", "value"), [("units", 1400), ("embedding_dim", 2000)])
def test_members_together_stay_in_range(name, value):
    settings = {"members": 3, "embedding_bits": 4, "embedding": "random", name: value}
    with pytest.raises(InputError, match=rf"{name} is {value} and members is 3, expected a product of at most 4096"):
        TrainConfig(**settings)


def test_every_setting_has_a_rule():
    free = {field.name for field in fields(TrainConfig)} - CHOICES.keys() - RANGES.keys()
    assert free == {"bidirectional", "restore_best_weights"}


def test_a_file_changes_what_it_names(tmp_path):
    path = tmp_path / "train.toml"
    path.write_text("units = 24\nbidirectional = true\ndropout = 0\n")
    assert load_config(path) == TrainConfig(units=24, bidirectional=True, dropout=0)


def test_json_is_the_inverse():
    config = TrainConfig(units=24, seed=9)
    assert TrainConfig(**config.to_json()) == config


@pytest.mark.parametrize(
    "changes", [{}, {"bidirectional": True, "learning_rate": 1e-05, "dropout": 0, "pooling": "max"}]
)
def test_toml_is_the_inverse_of_reading(tmp_path, changes):
    config = TrainConfig(**changes)
    (tmp_path / "train.toml").write_text(f"# A comment.\n{config.to_toml()}")
    assert load_config(tmp_path / "train.toml") == config


def test_the_tokenizer_carries_the_limits():
    tokenizer = TrainConfig(tokenizer="alnum", max_tokens=7, keep="tail").text_rules()
    assert (tokenizer.name, tokenizer.max_tokens, tokenizer.keep, tokenizer.unknown_id) == ("alnum", 7, "tail", 1)
    with pytest.raises(ValueError, match="the training texts decide"):
        TrainConfig().text_rules()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, r"unknown key 'epoch'; did you mean 'epochs'\?"),
        ({"zzz": 3}, r"unknown key 'zzz'; expected one of tokenizer, vocabulary, vocabulary_size, "),
        ({"units": 64.0}, r"units is 64\.0, expected a whole number"),
        ({"units": True}, r"units is True, expected a whole number"),
        ({"dropout": "0.3"}, r"dropout is '0\.3', expected a number"),
        ({"dropout": False}, r"dropout is False, expected a number"),
        ({"bidirectional": 1}, r"bidirectional is 1, expected true or false"),
        ({"pooling": 1}, r"pooling is 1, expected a string"),
        (
            {"pooling": "avg"},
            r"pooling is 'avg', expected one of last, max, average, max\+average; did you mean 'average'\?",
        ),
        ({"tokenizer": "keras"}, r"may mean two things: .*give tokenizer; .*give textvectorization$"),
        ({"cell": "qqq"}, r"cell is 'qqq', expected one of lstm, gru$"),
        ({"embedding_bits": 3}, r"embedding_bits is 3, expected one of 32, 8, 4$"),
        ({"embedding_bits": 4.0}, r"embedding_bits is 4\.0, expected a whole number"),
        ({"quantized_epochs": 0}, r"quantized_epochs is 0, expected 1 to 10000"),
        (
            {"epochs": 3, "quantized_epochs": 4, "embedding_bits": 4},
            r"quantized_epochs is 4, expected at most epochs, which is 3; lower it, or set embedding_bits = 32",
        ),
        ({"units": 0}, r"units is 0, expected 1 to 4096"),
        ({"dropout": 1.0}, r"dropout is 1\.0, expected 0\.0 to 0\.9"),
        ({"learning_rate": float("nan")}, r"learning_rate is nan, expected"),
        ({"embedding_dim": 51}, r"embedding_dim is 51, expected at most 50, the length of the GloVe vectors"),
        ({"teacher": "ngrams"}, r"teacher is 'ngrams', expected one of none, ngram, ensemble; did you mean 'ngram'\?"),
        ({"teacher_share": 1.5}, r"teacher_share is 1\.5, expected 0\.0 to 1\.0"),
        ({"crops": -1}, r"crops is -1, expected 0 to 100"),
    ],
)
def test_wrong_settings_are_named(values, message):
    with pytest.raises(InputError, match=message):
        parse_config(values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"units = \n", r"train\.toml: not a TOML file: .*line 1"),
        (b"#\n# \xff\n", r"train\.toml: line 2: byte 2 \(0xff\) is not UTF-8; convert the text"),
        ("units = 3".encode("utf-16"), r"train\.toml: starts with the byte order mark of UTF-16"),
        (b"units = " + b"9" * 5000, r"train\.toml: not a TOML file: .*digits"),
        (b"units = " + b"[" * 100_000, r"train\.toml: nested too deeply; expected a line for each setting"),
        (
            b"\na" + b".a" * 400_000 + b" = 1",
            r"train\.toml: line 2: 400000 dots, expected at most 128; write a long list",
        ),
        (b"[model]\nunits = 3\n", r"train\.toml: unknown key 'model'"),
        (b"units = 0\n", r"train\.toml: units is 0"),
    ],
)
def test_the_file_is_named(tmp_path, content, message):
    path = tmp_path / "train.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_config(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.toml: no such file; expected a TOML file"):
        load_config(tmp_path / "gone.toml")
    with pytest.raises(InputError, match=r"cannot be read: Is a directory"):
        load_config(tmp_path)


def test_settings_are_set_one_by_one():
    config = with_settings(
        TrainConfig(), ["epochs=3", " keep = tail", 'pooling="max"', "bidirectional=true", "dropout=0"]
    )
    assert config == TrainConfig(epochs=3, keep="tail", pooling="max", bidirectional=True, dropout=0)
    assert with_settings(TrainConfig(), ["quantized_epochs=9", "epochs=9", "embedding_bits=8"]).quantized_epochs == 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("epochs", "--set epochs: expected KEY=VALUE, such as epochs=3"),
        ("epoch=3", "--set: unknown key 'epoch'; did you mean 'epochs'"),
        ("a.b=3", "--set: unknown key 'a.b'"),
        ("epochs=x", "--set epochs: 'x' is no value of TOML"),
        ("epochs=1.5", "--set: epochs is 1.5, expected a whole number"),
        ("epochs=0", "--set: epochs is 0, expected 1 to 10000"),
        ("epochs=1\nunits=2", "--set epochs: .*expected one value of TOML"),
        ("keep=middle", "--set: keep is 'middle', expected one of"),
        ("dropout=" + "1." * 9999, "--set dropout: .*expected one value of TOML"),
    ],
)
def test_what_cannot_be_set_is_named(given, message):
    with pytest.raises(InputError, match=message):
        with_settings(TrainConfig(), [given])


def test_a_configuration_is_a_file_or_a_name(tmp_path, monkeypatch):
    assert named_config("tutorial") == load_config(CONFIGS / "tutorial.toml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("epochs = 5\n")
    assert named_config("mine") == TrainConfig(epochs=5)
    with pytest.raises(InputError, match=r"--config tutorail: no such file, and .* did you mean 'tutorial'"):
        named_config("tutorail")
    with pytest.raises(InputError, match=r"tutorial\.toml: no such file"):
        named_config("tutorial.toml")


def test_every_built_in_configuration_says_what_it_is():
    found = built_in_configs()
    assert sorted(found) == sorted(path.stem for path in CONFIGS.glob("*.toml"))
    assert all(line.endswith(".") and len(line) < 120 for line in found.values())
