"""The words and ids of the C tokenizer are those of the Python one, on any string."""

import sys
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from drupelet.encoder import Encoder
from drupelet.tokenizer import ALNUM, KEEPS, KEPT, KERAS, LOWERCASES, SPLITS, Tokenizer
from drupelet.vocabulary import Vocabulary
from runtime.format_writer import vocabulary_file

WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
ODD = "\0\x01\x7f\x80\ud800\udbff\udc00\udfff\u0130\u212a\u0307\u1e9e\ufb01\u03a3\ufeff\u200b\u200d\u180e\U0010ffff"
LONG = ["x" * 23, "x" * 24, "x" * 25, "Wonderful" * 5, "\u00e9" * 13, "good bad" * 40]
SHORT_TEXT = st.text("abAB \u00e9\u00c9\u212a<>-", max_size=4)
any_text = st.lists(
    st.text(st.characters(exclude_categories=[]))
    | st.text(ODD + WHITE_SPACE + "aZ09.-_'<>&")
    | st.sampled_from(["<br />", " ", "A", "good", "bad", "wonder", "wonderful", "the ", *LONG])
).map("".join)


def python_words(tokenizer, text):
    return b"".join(word.encode("utf-8", "surrogatepass") + b"\0" for word in tokenizer.splitter()(text))


def is_longer(old, new):
    return len(new.encode()) > len(old.encode())


@st.composite
def tokenizers(draw):
    """Any tokenizer that a file may hold."""
    lowercase = draw(st.sampled_from(LOWERCASES))
    pairs = draw(st.lists(st.tuples(SHORT_TEXT.filter(bool), SHORT_TEXT), max_size=4))
    characters = draw(st.sets(st.characters(max_codepoint=127)) | st.just(set(ALNUM.characters)))
    return Tokenizer(
        name="drawn",
        lowercase=lowercase,
        replacements=tuple(
            (old, new) for old, new in pairs if not is_longer(old, new) and (lowercase != "unicode" or old.isascii())
        ),
        kept="only" if lowercase == "unicode" else draw(st.sampled_from(KEPT)),
        characters="".join(sorted(characters)),
        split=draw(st.sampled_from(SPLITS)),
        max_tokens=draw(st.none() | st.integers(1, 9)),
        keep=draw(st.sampled_from(KEEPS)),
        unknown_id=draw(st.sampled_from([None, 0, 1])),
    )


@pytest.fixture(scope="session")
def assert_alike(opened_with, model):
    """A function that compares words and ids of both implementations."""
    words_of_model = Vocabulary(vocabulary_file(model.words, model.first_id))

    def compare(tokenizer, texts):
        opened = opened_with(tokenizer)
        encoder = Encoder(tokenizer, words_of_model, model.with_tokenizer(tokenizer).architecture)
        for text in texts:
            assert opened.words(text) == python_words(tokenizer, text)
            ids, n_tokens = encoder.encode(text)
            assert opened.encode(text) == ids
            assert opened.answer([text])[0][3] == n_tokens

    return compare


@settings(deadline=None)
@given(any_text)
@example("A<br />b<BR />c <br/> d <<br />br />")
@example("\u212aelvin \u0130stanbul I\u0307 \u017ftra\u00dfe \uff21 \u212a\u212a\u0130\u0130")
@example(f"a{'b'.join(WHITE_SPACE)}c")
@example("nul\0nul \0 \ud800x\udfff \ud83d\ude00")
@example(" ".join(LONG))
@pytest.mark.parametrize("named", [ALNUM, KERAS], ids=lambda tokenizer: tokenizer.name)
def test_named_tokenizers(assert_alike, named, text):
    assert_alike(replace(named, max_tokens=7, keep="ends", unknown_id=1), [text])


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(tokenizers(), st.lists(any_text, min_size=1, max_size=4))
def test_drawn_tokenizers(assert_alike, tokenizer, texts):
    assert_alike(tokenizer, texts)


@pytest.mark.parametrize(("lowercase", "kept", "split", "keep"), list(product(LOWERCASES, KEPT, SPLITS, KEEPS)))
@pytest.mark.parametrize("unknown_id", [None, 0, 1])
@pytest.mark.parametrize("max_tokens", [None, 1, 2, 5])
def test_every_combination_of_rules(assert_alike, lowercase, kept, split, keep, unknown_id, max_tokens):
    if lowercase == "unicode" and kept == "all_but":
        kept = "only"  # the other is refused: see test_model.py
    tokenizer = Tokenizer("all", lowercase, (("<br />", " "),), kept, KERAS.characters if kept == "all_but" else "ab",
                          split, max_tokens, keep, unknown_id)  # fmt: skip
    assert_alike(tokenizer, ["", "GOOD bad\x1cbad \u00a0 film<br />the \u0130 a qzx very\u2003great", "a " * 9])


@pytest.mark.parametrize(
    ("replacements", "text"),
    [
        ((("aa", "b"),), "aaa aaaa a"),
        ((("aba", "b"),), "ababa abababa"),
        ((("a", "b"), ("b", "c"), ("cc", "")), "ab abc c"),
        ((("x", ""),), "axb x xx"),
        ((("\u00e9", "e"), ("ee", " ")), "\u00e9t\u00e9 \u00e9\u00e9 \u00c9"),
        ((("\u00e9", "\u00e8"), ("\u00e8x", "y")), "\u00e9x \u00e8x"),
        ((("\U0001f600", ":)"), (" :)", "\u2003")), "a\U0001f600b :)c"),
        ((("\u2003", " "), (" ", "")), "a\u2003b c"),
        ((("abc", "\u20ac"), ("\u20ac", "d")), "xabcx"),
        ((("long" * 10, "\0"),), "long" * 25),
        ((("a", " "),) * 64, "a b a"),
        ((("w" * 65535, "w"),), "w" * 140000),
    ],
    ids=range(12),
)
def test_replacements(assert_alike, replacements, text):
    assert_alike(replace(KERAS, lowercase="none", characters="", replacements=replacements), [text, "", text * 2])


@pytest.mark.parametrize(
    "tokenizer", [ALNUM, KERAS, replace(KERAS, split="unicode")], ids=["alnum", "keras", "unicode"]
)
@pytest.mark.parametrize("space", WHITE_SPACE, ids=ascii)
def test_every_white_space_character(assert_alike, tokenizer, space):
    assert_alike(tokenizer, [f"good{space}bad", space, f"{space * 9}film{space}"])


@pytest.mark.parametrize("tokenizer", [ALNUM, KERAS], ids=lambda tokenizer: tokenizer.name)
def test_every_character_between_two_letters(opened_with, tokenizer):
    text = " ".join(f"a{character}b" for character in map(chr, range(sys.maxunicode + 1)))
    assert opened_with(tokenizer).words(text) == python_words(tokenizer, text)


@pytest.mark.parametrize("tokenizer", [ALNUM, KERAS], ids=lambda tokenizer: tokenizer.name)
@pytest.mark.parametrize(
    "text",
    [
        "good" * 20_000,
        "\u00e9" * 70_000,
        "a" + "!" * 70_000 + "b",
        "good " + "x" * 65_536 + " " + "x" * 65_537 + " bad",
        "the good,bad<br />film\n" * 60_000,
        "\u212a\ud800 " * 300_000,
        " " * 1_500_000 + "film",
        "\u4e00" * 400_000 + " film",
    ],
    ids=range(8),
)
def test_long_words_and_long_texts(assert_alike, tokenizer, text):
    assert_alike(replace(tokenizer, max_tokens=50, keep="tail", unknown_id=None), [text])


def test_words_around_the_bytes_that_are_squeezed_at_a_time(assert_alike):
    # A piece is 256 bytes and goes on to the end of a word: every offset of what starts and ends there.
    texts = []
    for before in range(240, 270):
        texts += [
            f"{'good ' * 47}{'x' * (before - 235)}{tail}film bad" for tail in ("", " ", "  ", "\u2003", "!", "\u00e9")
        ]
    for tokenizer in (ALNUM, KERAS):
        assert_alike(tokenizer, texts)
