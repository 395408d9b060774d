"""The page of explanations needs nothing else, and shows a hostile text as text."""

from html.parser import HTMLParser

from drupelet.cli.explanation_page import explanation_page, number, sum_sentence
from drupelet.explanation import Explanation, Word
from drupelet.prediction import Prediction

PREDICTION = Prediction(("good", 0.75, (0.25, 0.75), 3))


def explained(text, words=(), log_odds=None, rest=None):
    return Explanation(text, "good", 0.75, PREDICTION, tuple(words), log_odds, rest)


class Reader(HTMLParser):
    """What a page shows: its text, its tags, and what they refer to."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text, self.links = [], [], "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "action")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if "style" not in self.open else ""


def test_a_page_is_whole_and_refers_to_nothing():
    words = [
        Word("good", 0, 4, "read", 0.5, 1.25),
        Word("bad", 5, 8, "read", -0.25, -1.0),
        Word("film", 9, 13, "read", 0.01, 0),
    ]
    page = explanation_page("films", [explained("good bad\nfilm", words, 0.5, 0.25)])
    read = Reader(page)
    assert read.open == []
    assert read.links == []
    assert not {"script", "img", "link"} & set(read.tags)
    assert "good bad\nfilm" in read.text
    assert "films: which words decided" in read.text
    assert "log-odds +0.500 = words +0.250, rest +0.250" in read.text
    assert '<mark class="for" style="--strength: 1.000">good</mark>' in page
    assert '<mark class="against" style="--strength: 0.500">bad</mark>' in page
    assert page.count("<mark") == 2
    assert "http" not in page.replace("http-equiv", "")


def test_a_hostile_text_is_text():
    text = "<script>alert(1)</script>&\x00\u202e\"'"
    read = Reader(explanation_page("<b>", [explained(text, [Word("<i>", 0, len(text), "read", 1.0, None)])]))
    assert not {"script", "b", "i"} & set(read.tags)
    assert "<script>alert(1)</script>&\\x00\\u202e\"'" in read.text


def test_a_text_for_which_no_word_speaks():
    assert "No word speaks for it." in Reader(explanation_page("films", [explained("film")])).text


def test_what_is_not_known_is_a_hyphen():
    assert [number(None), number(0.25), number(-1.0)] == ["-", "+0.2500", "-1.0000"]
    assert sum_sentence(explained("film")) == ""
