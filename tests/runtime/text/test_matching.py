import re
import warnings

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.matching import Matcher, substituter
from drupelet.text.pattern import parse_pattern

# Characters whose classes no version of Unicode has changed.
ALPHABET = "ab1_ \n<>'\u00e9\u0301\u4e2d\ud800"

CLEANINGS = (
    r"https?://\S+|www\.\S+",
    r"http\S+",
    r"@\w+",
    r"@[A-Za-z0-9_]+",
    r"#\w+",
    r"#",
    r"<.*?>",
    r"<[^>]+>",
    r"<br\s*/?>",
    r"&[a-z]+;",
    r"&([a-z0-9]+|#[0-9]{1,6}|#x[0-9a-f]{1,6});",
    r"[^a-zA-Z]",
    r"[^a-z0-9 ]",
    r"[^A-Za-z]+",
    r"\d+",
    r"\s+",
    r"\s+[a-zA-Z]\s+",
    r"\^[a-zA-Z]\s+",
    r"^b\s+",
    r"\b\w{1,2}\b",
    r"(?:won|can)'t",
    r"n't",
    r"[\W_]+",
    r"\n",
    r"[!-/:-@]",
    r"\[.*?\]",
    r"\w*\d\w*",
    r"[^\w\s]",
    r"\S*@\S*\s?",
    r"\s+$",
    r"^\s+|\s+$",
    r"RT[\s]+",
    r"['\"]",
    r"(ha)+",
    r"\$\w*",
    r"[\U0001F600-\U0001F64F]+",
)
"""Patterns that people clean texts with."""
TEXTS = (
    "",
    "a",
    "RT @some_one: see https://t.co/x1y?z=2 and www.a.bc! #wow #100days <br /><br/>ok",
    "<<<a<b>c>>d",
    "<a\nb><c>",
    "b  begins; mail me@x.org now",
    "can't won't don't 'quoted' [x] [y\nz] &amp;&lt;&#39;&#x27;&",
    " \t lead and trail \n",
    "x1 22 y3z \u00e9t\u00e9 \u4e2d\u6587 \u0661\u0662",
    "hahaha $AAPL \U0001f600\U0001f601",
    "\ud800<\udfff>",
    "a\n",
    "\n",
    "^a b ^c  d",
)


@pytest.mark.parametrize("source", CLEANINGS)
@pytest.mark.parametrize("replacement", ["", " ", "\\1x"])
def test_patterns_that_clean_texts_do_what_re_does(source, replacement):
    ours = substituter(parse_pattern(source), replacement)
    for text in TEXTS:
        assert ours(text) == re.sub(source, lambda _: replacement, text), ascii(text)


def group(inner):
    return st.tuples(st.sampled_from(("(", "(?:")), inner).map(lambda parts: f"{parts[0]}{parts[1]})")


def repeated(inner):
    quantifiers = ["", "", "*", "+", "?", "{2}", "{1,2}", "{0,2}", "{1,}", "{,2}"]
    return st.tuples(inner, st.sampled_from(quantifiers), st.sampled_from(["", "?"])).map(
        lambda parts: parts[0] + (parts[1] + parts[2] if parts[1] else "")
    )


atoms = st.sampled_from(
    [
        "a",
        "b",
        "1",
        "<",
        ">",
        " ",
        r"\w",
        r"\d",
        r"\s",
        r"\W",
        r"\D",
        r"\S",
        ".",
        "[ab]",
        "[^<>]",
        r"[\w<]",
        r"[^\s1]",
        "[]a]",
        "[^]a]",
    ]
)
anchors = st.sampled_from([r"\b", r"\B", "^", "$", r"\A", r"\Z"])
patterns = st.recursive(
    repeated(atoms) | anchors,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map("|".join)
        | repeated(group(inner))
    ),
    max_leaves=8,
)


@given(patterns, st.text(ALPHABET, max_size=12))
@example("<.*?>|<", "<<a<b>\n<c")
@example(r"(a|ab)(1|b1)?", "ab1ab")
@example(r"\ba|a\b|\Ba", "aaa")
def test_any_pattern_of_the_subset_does_what_re_does(source, text):
    try:
        pattern = parse_pattern(source)
    except InputError:
        assume(False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is accepted that re only warns of
        expected = re.sub(source, lambda _: "#", text)
    assert substituter(pattern, "#")(text) == expected


@pytest.mark.parametrize(
    ("source", "piece"),
    [("<[^>]+>", "<"), ("<.*?>", "<"), (r"\w+@\w+", "a"), ("(a+)+b", "a"), (r"(a|ab)+1", "ab"), (r"\ba+\b<", "a")],
)
def test_a_text_of_twice_the_length_takes_twice_the_steps(source, piece):
    def steps(size):
        matcher = Matcher(parse_pattern(source))
        assert matcher.matches(piece * size) == []
        return matcher.steps

    assert steps(2000) <= 2 * steps(1000) + 10


@pytest.mark.parametrize("source", [r"[^\s\S]", r"[^\s\S]+", r"b|[^\w\W]a", r"x?[^\s\S]"])
def test_a_set_without_characters_matches_nothing(source):
    for text in ("", "ab x", "b"):
        assert substituter(parse_pattern(source), "#")(text) == re.sub(source, "#", text)


@pytest.mark.parametrize(
    "source",
    [
        "a{",
        "a{b}",
        "a{1",
        "a{}",
        "{",
        "a{ 1}",
        "]",
        "a}",
        "[]a]",
        "[^]a]",
        "[a-]",
        "[-a]",
        r"[\b]",
        r"\0",
        r"\.\-\_",
        "xa{,}",
    ],
)
def test_signs_are_characters_where_re_takes_them_for_characters(source):
    ours = substituter(parse_pattern(source), "#")
    for text in (source, "a{b}a{1a{}a}{", "a{ 1}]", "xaaa]", "ab-]", "\b\0", ".-_", "b^"):
        assert ours(text) == re.sub(source, "#", text), ascii(text)
