"""Run folders and saved models become sources, and a source is compiled."""

import json
import shutil

import pytest

from drupelet.errors import DrupeletError, FormatError
from drupelet.text.named import ALNUM
from drupelet_export.compiled import compile_source
from drupelet_export.errors import ModelError
from drupelet_export.reading import source as source_module
from drupelet_export.reading.source import best_trial_of, is_run_folder, read_run_folder

RUN = {
    "text_rules": ALNUM.to_json() | {"max_tokens": 6, "unknown_id": 1},
    "padding": "pre",
    "labels": ["bad", "good"],
    "data": "imdb",
}


@pytest.fixture
def run_folder(saved_model, run_vocabulary, tmp_path):
    """A function that writes a run folder with these changes in run.json."""

    def write(**changes):
        shutil.copy(saved_model, tmp_path / "model.keras")
        shutil.copy(run_vocabulary, tmp_path / "vocabulary.json")
        run = {key: value for key, value in (RUN | changes).items() if value is not ...}
        (tmp_path / "run.json").write_text(json.dumps(run))
        return tmp_path

    return write


def test_a_run_folder_is_read(run_folder, words):
    folder = run_folder()
    source = read_run_folder(folder)
    assert is_run_folder(folder)
    assert (source.model_path, source.data) == (folder / "model.keras", "imdb")
    options = source.options
    assert options.labels == ("bad", "good")
    assert (options.text.words, options.text.padding) == ((None, None, *words[2:]), "pre")
    assert (options.text.rules.max_tokens, options.text.rules.unknown_id) == (6, 1)
    assert read_run_folder(run_folder(data=...)).data is None


def test_a_run_folder_compiles(run_folder, words):
    compiled = compile_source(read_run_folder(run_folder()))
    assert compiled.read.vocabulary[2:] == words[2:]
    assert compiled.final.vocabulary[2:] == words[2:]
    assert compiled.final.masking == "exact"
    text = "The QUIET film, good!"
    assert compiled.reference.predict([text])[0][1] > 0


def test_folders_without_a_run_are_refused(tmp_path):
    assert not is_run_folder(tmp_path)
    assert not is_run_folder(tmp_path / "nothing")
    with pytest.raises(
        ModelError, match=r"run.json: cannot be read \(No such file or directory\); expected the folder of a dru"
    ):
        read_run_folder(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"padding": "left"},
            r"run.json: padding 'left', expected pre or post; labels \['bad', 'good'\], expected strings",
        ),
        (
            {"labels": ["bad", 1]},
            r"run.json: padding 'pre', expected pre or post; labels \['bad', 1\], expected strings",
        ),
        ({"labels": ...}, "run.json: field 'labels' is missing"),
        ({"padding": 3}, "run.json: field 'padding' is 3, expected str"),
        ({"text_rules": ...}, "run.json: field 'text_rules' is missing"),
    ],
)
def test_a_run_file_that_is_wrong_is_refused(run_folder, changes, message):
    with pytest.raises(FormatError, match=message):
        read_run_folder(run_folder(**changes))


def test_text_rules_that_are_wrong_are_refused_with_the_name_of_the_file(run_folder):
    with pytest.raises(FormatError, match=r"run.json: .*'surprise'"):
        read_run_folder(run_folder(text_rules=RUN["text_rules"] | {"surprise": 1}))


def test_a_run_folder_without_its_vocabulary_is_refused(run_folder):
    folder = run_folder()
    (folder / "vocabulary.json").unlink()
    with pytest.raises(ModelError, match=r"vocabulary\.json: cannot be read"):
        read_run_folder(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n[UNK]\na\n", r"vocabulary\.json: not JSON"),
        ('{"": 0}', r"vocabulary\.json: a JSON dict, expected a list of strings"),
        ('["", "[UNK]", 3]', r"vocabulary\.json: item 2 is 3, expected a string"),
        ('["", "[UNK]", "a", "b", "a"]', r"vocabulary\.json: item 4: 'a' is item 2 already; a word has one id"),
        ('["", "[UNK]", ""]', r"vocabulary\.json: item 2: '' is item 0 already"),
        ('["a", "b"]', r"vocabulary\.json: begins with \['a', 'b'\], expected \['', '\[UNK\]'\]"),
    ],
)
def test_a_vocabulary_that_is_wrong_is_refused(run_folder, content, message):
    folder = run_folder()
    (folder / "vocabulary.json").write_text(content)
    with pytest.raises(FormatError, match=message):
        read_run_folder(folder)


def test_data_that_a_record_names_has_the_hash_of_the_record(run_folder):
    assert read_run_folder(run_folder(corpus={"sha256": "abc"})).recorded_sha256 == "abc"
    for corpus in (..., 3, {}, {"sha256": 3}, [1]):
        assert read_run_folder(run_folder(corpus=corpus)).recorded_sha256 == ""  # no corpus has this hash


def test_a_link_out_of_a_run_folder_is_refused(run_folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    for name in ("run.json", "vocabulary.json", "model.keras"):
        folder = run_folder()
        (folder / name).rename(outside / name)
        (folder / name).symlink_to(outside / name)
        with pytest.raises(
            ModelError, match=f"{name}: a link out of .*, so it is not read; next: .*give a copy with the"
        ):
            compile_source(read_run_folder(folder))
        (folder / name).unlink()


def test_a_link_inside_a_run_folder_is_followed(run_folder):
    folder = run_folder()
    (folder / "model.keras").rename(folder / "best.keras")
    (folder / "model.keras").symlink_to("best.keras")
    assert compile_source(read_run_folder(folder)).sha256


def test_a_run_file_that_is_too_long_is_refused(run_folder, monkeypatch):
    monkeypatch.setattr(source_module, "MAX_RECORD_BYTES", 10)
    with pytest.raises(ModelError, match=r"run.json: has more than 10 bytes"):
        read_run_folder(run_folder())


def test_every_error_is_one_of_ours():
    assert issubclass(ModelError, DrupeletError)


def test_a_study_is_the_run_of_its_best_trial(tmp_path):
    assert best_trial_of(tmp_path) is None
    record = tmp_path / "tuning.json"
    record.write_text('{"best": 3}')
    with pytest.raises(ModelError, match=r"trials/3: no finished run, expected that of the best trial; train it again"):
        best_trial_of(tmp_path)
    trial = tmp_path / "trials" / "3"
    trial.mkdir(parents=True)
    (trial / "run.json").write_text("{}")
    assert best_trial_of(tmp_path) == trial


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (
            '{"best": null}',
            ModelError,
            r"tuning\.json: no trial is complete, so there is no model; next: drupelet train",
        ),
        ('{"best": "../../x"}', FormatError, r"tuning\.json: best is '\.\./\.\./x', expected the number of a trial"),
        ('{"best": true}', FormatError, "best is True, expected the number"),
        ("{", FormatError, r"tuning\.json"),
    ],
)
def test_a_study_that_has_no_best_trial_is_refused(tmp_path, content, error, message):
    (tmp_path / "tuning.json").write_text(content)
    with pytest.raises(error, match=message):
        best_trial_of(tmp_path)


def test_how_the_data_of_a_run_is_read_is_handed_on(run_folder):
    assert read_run_folder(run_folder()).reading is None
    assert read_run_folder(run_folder(reading={"test": "t.csv"})).reading == {"test": "t.csv"}
