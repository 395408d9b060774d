"""An explanation says of each word what leaving it out changes, and what it adds to the log-odds."""

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import drupelet
from drupelet import explanation
from drupelet.errors import InputError, OutOfMemoryError
from drupelet.explanation import Word
from drupelet.text.rules import Lower, Ngrams, Split, TextRules
from runtime.format_writer import model_file
from runtime.networks import SAMPLES, drawn_model, model_of

LSTM = ("lstm", "forward", "none", "tanh", "sigmoid", False)
BOTH = ("lstm", "bidirectional", "concat", "tanh", "sigmoid", False)
WORDS = TextRules("words", (Lower("unicode"), Split("unicode")), unknown_id=1)


@pytest.fixture
def loaded(tmp_path, drupelet_engine):
    """A function that writes a model to a file and loads it on an engine."""

    def load(model, scheme="f32"):
        (tmp_path / "model.drupelet").write_bytes(model_file(model, scheme))
        return drupelet.load(tmp_path / "model.drupelet", engine=drupelet_engine)

    return load


def without(classifier, text, word):
    """The probabilities of the text without the characters of a word."""
    return classifier(text[: word.start] + text[word.end :]).probabilities


def test_a_change_is_what_the_text_without_the_word_answers(full_bundle, engine_name):
    classifier = drupelet.load(full_bundle, engine=engine_name)
    text = "A wonderful film, VERY bad xyzzy"
    found = classifier.explain(text)
    assert (found.text, found.prediction) == (text, classifier(text))
    assert (found.label, found.probability) == (found.prediction.label, found.prediction.probability)
    assert [text[word.start : word.end].lower() for word in found.words] == [word.word for word in found.words]
    place = classifier.labels.index(found.label)
    for word in found.words:
        expected = found.probability - without(classifier, text, word)[place] if word.use == "read" else 0.0
        assert word.change == pytest.approx(expected, abs=2e-6)


def test_no_more_words_are_left_out_than_asked(full_bundle, engine_name):
    classifier = drupelet.load(full_bundle, engine=engine_name)
    whole = classifier.explain("a wonderful film, xyzzy very bad")
    for most in range(6):
        found = classifier.explain(whole.text, most_words=most)
        read = [(one, other) for one, other in zip(found.words, whole.words) if one.use == "read"]
        assert [one.change for one, _ in read[most:]] == [None] * len(read[most:])
        for one, other in read[:most]:
            assert one.change == pytest.approx(other.change, abs=1e-6)
        assert [one.share for one in found.words] == [other.share for other in whole.words]


def test_shares_and_rest_are_the_log_odds(full_bundle, drupelet_engine):
    classifier = drupelet.load(full_bundle, engine=drupelet_engine)
    for label in classifier.labels:
        found = classifier.explain("a wonderful film the very bad movie", label)
        p = found.probability
        assert found.log_odds == pytest.approx(math.log(p / (1 - p)), abs=1e-5)
        assert sum(word.share for word in found.words) + found.rest == pytest.approx(found.log_odds, abs=1e-5)


def test_another_label_has_the_opposite_sign_where_there_are_two(full_bundle, any_engine):
    classifier = drupelet.load(full_bundle, engine=any_engine)
    first, second = (classifier.explain("a bad film", label) for label in classifier.labels)
    for one, other in zip(first.words, second.words):
        assert one.change == pytest.approx(-other.change, abs=1e-6)


@pytest.mark.parametrize("pooling", ["last", "max", "average"])
@pytest.mark.parametrize("layer", [LSTM, BOTH])
@pytest.mark.parametrize(("outputs", "output"), [(1, "sigmoid"), (3, "sigmoid"), (3, "softmax"), (2, "logits")])
def test_every_kind_of_answer_adds_up(loaded, pooling, layer, outputs, output):
    model = drawn_model([layer], rows=40, pooling=pooling, dense=[("linear", outputs)], output=output)
    classifier = loaded(model)
    text = "w000 w001 w002 w017 w003 w004"
    for label in classifier.labels:
        found = classifier.explain(text, label)
        assert sum(word.share for word in found.words) + found.rest == pytest.approx(found.log_odds, abs=1e-5)
        p = found.prediction.probabilities
        place = classifier.labels.index(label)
        if outputs == 3 and output == "softmax":
            others = [math.log(p[place] / other) for n, other in enumerate(p) if n != place]
            assert found.log_odds == pytest.approx(sum(others) / 2, abs=1e-5)
        else:
            assert found.log_odds == pytest.approx(math.log(p[place] / (1 - p[place])), abs=1e-5)
        for word in found.words:
            expected = p[place] - without(classifier, text, word)[place]
            assert word.change == pytest.approx(expected, abs=1e-5)


def test_words_that_are_not_read_changed_nothing(loaded):
    rules = replace(WORDS, unknown_id=None, max_tokens=3, keep="ends", start_id=0)
    model = drawn_model([LSTM], rows=40, pooling="max")
    classifier = loaded(model.with_text_rules(rules))
    found = classifier.explain("w000 zzz w001 w002 w003")
    assert [word.use for word in found.words] == ["read", "dropped", "cut", "cut", "read"]
    assert [(word.change, word.share) for word in found.words if word.use != "read"] == [(0.0, 0.0)] * 3
    assert sum(word.share for word in found.words) + found.rest == pytest.approx(found.log_odds, abs=1e-5)


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_padding_that_counts_moves_up_and_is_part_of_the_rest(loaded, padding):
    model = drawn_model([BOTH], rows=40, pooling="average", padding=padding, max_tokens=9)
    classifier = loaded(model.with_text_rules(replace(WORDS, max_tokens=9)))
    text = "w000 w001 w002"
    found = classifier.explain(text)
    place = classifier.labels.index(found.label)
    for word in found.words:
        assert word.change == pytest.approx(found.probability - without(classifier, text, word)[place], abs=1e-5)
    assert sum(word.share for word in found.words) + found.rest == pytest.approx(found.log_odds, abs=1e-5)


def test_ngrams_are_words(loaded):
    rules = replace(WORDS, steps=(*WORDS.steps, Ngrams((1, 2))))
    found = loaded(drawn_model([LSTM], rows=40).with_text_rules(rules)).explain("w000 W001")
    assert [(word.word, word.start, word.end) for word in found.words] == [
        ("w000", 0, 4), ("w001", 5, 9), ("w000 w001", 0, 9)
    ]  # fmt: skip


def test_an_empty_text_has_no_words(full_bundle, any_engine):
    found = drupelet.load(full_bundle, engine=any_engine).explain("")
    assert (found.words, found.deciding()) == ((), [])


def test_an_average_of_nothing_is_no_number(loaded):
    classifier = loaded(drawn_model([LSTM], rows=40, pooling="average"))
    assert math.isnan(classifier.explain("").probability)
    [word] = classifier.explain("w000").words
    assert math.isnan(word.change)
    assert math.isfinite(word.share)


@given(
    text=st.lists(st.sampled_from(["good", " ", "\n", "\u0130", "\ud800", "bad ", "THE ", "."]), max_size=20).map(
        "".join
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_explained(full_bundle_folder, drupelet_engine, text):
    found = drupelet.load(full_bundle_folder, engine=drupelet_engine).explain(text)
    assert all(0 <= word.start <= word.end <= len(text) for word in found.words)
    assert sum(word.share for word in found.words) + found.rest == pytest.approx(found.log_odds, abs=1e-5)


def test_a_quick_explanation_leaves_nothing_out(full_bundle, drupelet_engine, monkeypatch):
    classifier = drupelet.load(full_bundle, engine=drupelet_engine)
    whole = classifier.explain("a wonderful bad film")
    monkeypatch.setattr(explanation.Explainer, "_left_out", None)
    quick = classifier.explain("a wonderful bad film", quick=True)
    assert [word.share for word in quick.words] == [word.share for word in whole.words]
    assert {word.change for word in quick.words} == {None}
    assert [word.word for word in quick.deciding()] == [
        word.word for word in sorted(quick.words, key=lambda word: -word.share) if word.share > 0
    ]


def test_a_quick_explanation_of_a_network_without_a_sum(loaded):
    classifier = loaded(drawn_model([LSTM], rows=40, dense=[("relu", 3), ("linear", 2)]))
    assert {word.share for word in classifier.explain("w000 w001").words} == {None}
    with pytest.raises(InputError, match=r"log-odds are no sum over words; leave words out instead$"):
        classifier.explain("w000", quick=True)


def test_a_quick_explanation_on_an_engine_without_a_sum(full_bundle, onnx):
    classifier = drupelet.load(full_bundle, engine="onnx")
    found = classifier.explain("a bad film")
    assert (found.log_odds, found.rest, found.words[0].share) == (None, None, None)
    with pytest.raises(
        InputError, match=r"engine 'onnx' does not share log-odds among words; engines native and numpy do"
    ):
        classifier.explain("a bad film", quick=True)


def test_the_words_that_speak_most_come_first(full_bundle, drupelet_engine):
    found = drupelet.load(full_bundle, engine=drupelet_engine).explain("a wonderful bad boring film")
    deciding = found.deciding(2)
    assert len(deciding) <= 2
    assert deciding == sorted((word for word in found.words if word.change > 0), key=lambda word: -word.change)[:2]


def test_labels_that_are_decided_alone(tmp_path, drupelet_engine):
    (tmp_path / "several.drupelet").write_bytes(model_file(model_of(SAMPLES["several labels"])))
    classifier = drupelet.load(tmp_path / "several.drupelet", engine=drupelet_engine)
    for label in classifier.labels:
        found = classifier.explain("w000 w001", label)
        assert found.probability == found.prediction.probabilities[classifier.labels.index(label)]


@pytest.mark.parametrize("label", ["postive", 3])
def test_a_label_that_is_none(full_bundle, any_engine, label):
    with pytest.raises(InputError, match=r"^label '?\w+'? is not known"):
        drupelet.load(full_bundle, engine=any_engine).explain("a film", label)


@pytest.mark.parametrize("text", [None, b"a film", 3])
def test_what_is_no_text(full_bundle, any_engine, text):
    with pytest.raises(InputError, match=r"^a text is .*, expected a string$"):
        drupelet.load(full_bundle, engine=any_engine).explain(text)


def test_a_text_that_is_too_long_to_explain(full_bundle, any_engine):
    with pytest.raises(
        InputError, match=r"^a text of 10000000 characters, expected at most 262144 to explain; explain a part"
    ):
        drupelet.load(full_bundle, engine=any_engine).explain("a bad film " * 909090 + "good good ")


def test_words_whose_absence_takes_too_long(full_bundle, drupelet_engine, monkeypatch):
    classifier = drupelet.load(full_bundle, engine=drupelet_engine)
    monkeypatch.setattr(explanation, "MAX_WORK", 10)
    with pytest.raises(
        InputError, match=r"^a text of 3 tokens: to leave each out would take \d+ multiplications, expected at"
    ):
        classifier.explain("a bad film")
    assert len(classifier.explain("a bad film", quick=True).words) == 3


def test_memory_that_does_not_suffice(full_bundle, any_engine, monkeypatch):
    classifier = drupelet.load(full_bundle, engine=any_engine)

    def fail(self, ids, places, is_whole):
        raise MemoryError

    monkeypatch.setattr(explanation.Explainer, "_left_out", fail)
    with pytest.raises(OutOfMemoryError, match="memory does not suffice"):
        classifier.explain("a bad film")


def test_an_engine_with_other_ids_than_the_rules_give(full_bundle, any_engine, monkeypatch):
    classifier = drupelet.load(full_bundle, engine=any_engine)
    monkeypatch.setattr(explanation, "tokens_of", lambda *_: [])
    with pytest.raises(drupelet.FormatError, match=r"reads other ids than the text rules give; run drupelet verify$"):
        classifier.explain("a bad film")


def test_a_word_is_a_tuple_with_names():
    word = Word("film", 2, 6, "read", 0.25, None)
    assert (word.word, word.start, word.end, word.use, word.change, word.share) == word
    assert explanation.effect_of(word) == 0.25
    assert explanation.effect_of(word._replace(change=None, share=-1.0)) == -1.0
