"""Words carry the places of the text that they come from, whatever the rules do to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drupelet.text.rules import Drop, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules
from drupelet.text.spans import Span, words_with_spans
from drupelet.text.words import splitter
from runtime.text.examples import EXAMPLES

LETTERS = st.sampled_from("aA \u0130\u03a3\u03c3'<br />://.h\u00e9\u4e2dt ps\n\ud800\U0001f600-1")


def found(rules, text):
    """The words with what stands at their places in the text."""
    return [(span.word, text[span.start : span.end]) for span in words_with_spans(rules, text)]


def rules_of(*steps):
    return TextRules("test", steps)


@pytest.mark.parametrize("name", EXAMPLES)
@given(text=st.text(LETTERS, max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_words_are_those_of_the_rules_and_their_places_are_of_the_text(name, text):
    rules = EXAMPLES[name]
    spans = words_with_spans(rules, text)
    assert [span.word for span in spans] == splitter(rules)(text)
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)


@given(text=st.text(st.characters(), max_size=60))
@settings(max_examples=200, deadline=None)
def test_characters_that_stay_are_found_where_they_stood(text):
    spans = words_with_spans(rules_of(Split("unicode")), text)
    assert [(span.word, text[span.start : span.end]) for span in spans] == [(word, word) for word in text.split()]
    assert [span.start for span in spans] == sorted({span.start for span in spans})


def test_dropped_characters_belong_to_the_word_around_them_and_to_no_other():
    rules = rules_of(Lower("unicode"), Keep("abcdefghijklmnopqrstuvwxyz", ("space",)), Split("unicode"))
    assert found(rules, "Don't, \u00bbSTOP\u00ab!") == [("dont", "Don't"), ("stop", "STOP")]


def test_a_replaced_text_gives_its_place_to_all_that_it_becomes():
    rules = rules_of(Replace("&", " and also "), Replace("isn't", "is not"), Split("ascii"))
    assert found(rules, "a&b isn't") == [
        ("a", "a"),
        ("and", "&"),
        ("also", "&"),
        ("b", "b"),
        ("is", "isn't"),
        ("not", "isn't"),
    ]


def test_what_a_pattern_matches_is_one_place():
    rules = rules_of(Substitute(r"https?://\S+", "link"), Drop(".", (), ""), Split("unicode"))
    assert found(rules, "see http://a.b/c. now.") == [("see", "see"), ("link", "http://a.b/c."), ("now", "now")]


def test_a_letter_whose_lower_case_is_two():
    rules = rules_of(Lower("unicode"), Split("characters"))
    assert words_with_spans(rules, "\u0130x") == [Span("i", 0, 1), Span("\u0307", 0, 1), Span("x", 1, 2)]


def test_ngrams_reach_from_their_first_word_to_their_last():
    rules = rules_of(Lower("ascii"), Split("ascii"), Ngrams((2, 1)))
    assert found(rules, "A  Bee c") == [("a bee", "A  Bee"), ("bee c", "Bee c"), ("a", "A"), ("bee", "Bee"), ("c", "c")]
