"""Rows of Keras's ids get the answers of the texts that they stand for, on every engine."""

import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.errors import FormatError, InputError
from runtime.format_writer import model_file

TEXTS = ["the movie is awful, very BAD", "good", "", "boring boring<br />boring", "qzx"]


@pytest.fixture
def classifier(full_bundle, engine_name):
    return drupelet.load(full_bundle, engine_name)


def test_ids_are_answered_as_their_texts_are(classifier):
    rows = [classifier.keras_ids(text) for text in TEXTS]
    answers = classifier.predict_ids(rows)
    for found, expected in zip(answers, classifier.predict(TEXTS)):
        assert (found.label, found.n_tokens) == (expected.label, expected.n_tokens)
        assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-6)
    assert len(answers) == len(TEXTS)
    assert classifier.predict_ids([]) == []


def test_ids_written_out(classifier):
    """Keras's ids of the tiny bundle: 13 is boring, 7 good; 1 is the unknown word."""
    (answer,) = classifier.predict_ids([(13, 1, 7)])
    assert answer.n_tokens == 2
    assert answer.probabilities == pytest.approx(classifier("boring qzx good").probabilities, abs=1e-6)


def test_padding_that_the_network_masks_does_not_count(classifier):
    bare, padded = classifier.predict_ids([[13, 7], [0, 0, 13, 0, 7, 0]])
    assert padded.n_tokens == bare.n_tokens == 2
    assert padded.probabilities == pytest.approx(bare.probabilities, abs=1e-7)


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_padding_that_the_network_reads_is_filled_up(
    model, bundle_copy, edit_manifest, replace_file, drupelet_engine, padding
):
    edit_manifest(bundle_copy, lambda data: data["network"].update(padding=padding))
    replace_file(bundle_copy, "model.f32.drupelet", model_file(model.with_graph(padding=padding)))
    classifier = drupelet.load(bundle_copy, drupelet_engine)
    text = classifier("boring good").probabilities
    whole = classifier.keras_ids("boring good")
    assert len(whole) == 8
    for answer in classifier.predict_ids([[13, 7], whole]):
        assert answer.probabilities == pytest.approx(text, abs=1e-7)


def test_many_rows_keep_their_order(full_bundle, any_engine):
    classifier = drupelet.load(full_bundle, any_engine)
    rows = [[number % 5 + 5] for number in range(150)]
    found = [answer.probabilities for answer in classifier.predict_ids(iter(rows))]
    alone = {row: classifier.predict_ids([[row]])[0].probabilities for row in range(5, 10)}
    assert found == [alone[row] for (row,) in rows]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([16], r"row 1: id 16, expected a whole number from 0 to 15"),
        ([-1], r"row 1: id -1, expected a whole number from 0 to 15"),
        ([10**30], r"row 1: id 10{30}, expected"),
        ([1.0], r"row 1: id 1\.0, expected a whole number"),
        ([True], r"row 1: id True, expected a whole number"),
        (["7"], r"row 1: id '7', expected a whole number"),
        ("7", r"row 1: ids are '7', expected a list of whole numbers; texts go to predict"),
        ([7] * 9, r"row 1: 9 ids, the model reads at most 8; cut them as its text rules say"),
    ],
)
def test_what_is_no_row_of_ids(classifier, row, message):
    with pytest.raises(InputError, match=message):
        classifier.predict_ids([[7], row])


def test_the_number_of_a_row_counts_all_batches(full_bundle, any_engine):
    with pytest.raises(InputError, match=r"^row 100: id 99"):
        drupelet.load(full_bundle, any_engine).predict_ids([*[[7]] * 100, [99]])


def test_a_row_of_no_word_is_in_other_files_only(full_bundle, engine_name):
    """Row 4 of the Keras model belongs to no word."""
    classifier = drupelet.load(full_bundle, engine_name)
    if classifier.model.format == "drupelet":
        with pytest.raises(InputError, match=r"row 0: id 4 is neither a word .* has no row for it; use an .onnx or"):
            classifier.predict_ids([[4]])
    else:
        assert classifier.predict_ids([[4, 7]])[0].n_tokens == 1


def test_a_single_file_does_not_know_keras_ids(bundle_folder, drupelet_engine):
    classifier = drupelet.load(bundle_folder / "model.f32.drupelet", drupelet_engine)
    with pytest.raises(InputError, match=r"a \.drupelet file does not hold Keras's ids; use its bundle"):
        classifier.predict_ids([[7]])


def test_a_file_of_other_words_than_its_bundle(model, bundle_copy, replace_file, drupelet_engine):
    words = ("a", "awful", "bad", "boring", "film", "good", "great", "movie", "the", "very", "wonder", "x")
    other = type(model)(**{**vars(model), "words": tuple(sorted(words))})
    replace_file(bundle_copy, "model.f32.drupelet", model_file(other))
    classifier = drupelet.load(open_bundle(bundle_copy), drupelet_engine)
    with pytest.raises(FormatError, match=r"holds other words than vocabulary\.bin"):
        classifier.predict_ids([[7]])
