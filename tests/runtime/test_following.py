"""A text that is followed on any engine has, after each piece, the answer of predict for the text so far."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import drupelet
from drupelet.errors import InputError, OutOfMemoryError
from drupelet.following import Follower

TEXT = "A wonderful film, the very bad \u00e9t\u00e9 movie \U0001f600 is GOOD: wonder\u03a3 boring!"


@pytest.fixture(scope="module")
def classifier_on(full_bundle_folder):
    """A function that loads the bundle on an engine, once each."""
    loaded = {}

    def load(name):
        if name not in loaded:
            loaded[name] = drupelet.load(full_bundle_folder, engine=name)
        return loaded[name]

    return load


def test_the_answer_after_each_letter_is_that_of_predict(classifier_on, engine_name):
    classifier = classifier_on(engine_name)
    follower = classifier.follow()
    assert follower.incremental == (engine_name == "native")
    assert (follower.text, follower.prediction) == ("", classifier(""))
    for place, letter in enumerate(TEXT, 1):
        answer = follower.feed(letter)
        assert repr(answer) == repr(classifier.predict([TEXT[:place]])[0])
        assert (follower.text, follower.prediction) == (TEXT[:place], answer)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pieces_of_any_text(classifier_on, drupelet_engine, data):
    classifier = classifier_on(drupelet_engine)
    follower, text = classifier.follow(), ""
    words = st.sampled_from(["wonderful", "film ", "BAD", " ", "\n", "the ", "\ud800", "boring. "])
    for piece in data.draw(st.lists(st.one_of(words, st.text(max_size=5)), max_size=12)):
        text += piece
        assert repr(follower.feed(piece)) == repr(classifier(text))
        assert follower.text == text


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_may_be_cut_inside_a_character(classifier_on, drupelet_engine, data):
    classifier = classifier_on(drupelet_engine)
    content = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20)).encode() + TEXT.encode()
    follower, start = classifier.follow(), 0
    for stop in [*sorted(data.draw(st.sets(st.integers(0, len(content)), max_size=8))), len(content)]:
        answer = follower.feed(content[start:stop])
        assert follower.text == content[:stop].decode(errors="ignore")
        assert repr(answer) == repr(classifier(follower.text))
        start = stop
    assert follower.text.encode() == content


def test_the_rest_of_a_character_is_waited_for(classifier_on, drupelet_engine):
    follower = classifier_on(drupelet_engine).follow()
    follower.feed(b"good \xc3")
    assert follower.text == "good "
    with pytest.raises(InputError, match=r"^a piece is the text 'x', expected the rest of a character, of which b'"):
        follower.feed("x")
    follower.feed(b"\xa9")
    assert follower.text == "good \u00e9"
    follower.feed("x")
    assert follower.text == "good \u00e9x"


def test_a_piece_that_is_refused_changes_nothing(classifier_on, drupelet_engine):
    follower = classifier_on(drupelet_engine).follow()
    before = follower.feed(b"a wonderful \xe2\x82")
    with pytest.raises(InputError, match=r"^byte -2 of the piece \(0xe2\) is not UTF-8; convert the text"):
        follower.feed(b"film")
    with pytest.raises(InputError, match=r"^a piece is 3, expected a string, or bytes of UTF-8$"):
        follower.feed(3)
    assert (follower.text, follower.prediction) == ("a wonderful ", before)
    follower.feed(b"\xac")
    assert follower.text == "a wonderful \u20ac"


def test_a_new_text_begins_anew(classifier_on, drupelet_engine):
    classifier = classifier_on(drupelet_engine)
    follower = classifier.follow()
    follower.feed(b"bad \xc3")
    follower.restart()
    assert (follower.text, follower.prediction) == ("", classifier(""))
    assert follower.feed("good film") == classifier("good film")


def test_nothing_that_is_fed_is_answered_too(classifier_on, drupelet_engine):
    classifier = classifier_on(drupelet_engine)
    assert classifier.follow().feed("") == classifier("")
    assert classifier.follow().feed(b"") == classifier("")


def test_a_text_without_memory_is_an_error_of_ours():
    class Session:
        def answer(self, texts):
            raise MemoryError

    follower = Follower(Session(), lambda: OutOfMemoryError("too little"))
    with pytest.raises(OutOfMemoryError, match=r"^too little$"):
        follower.feed("a")
    assert follower.text == ""
