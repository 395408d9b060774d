import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import InputError
from drupelet.text.matching import MEMO_SIZE, Matcher, substituter
from drupelet.text.pattern import MAX_POSITIONS, parse_pattern

PATTERNS = [
    r"https?://\S+|www\.\S+",
    r"http\S+",
    r"(?:https?|ftp)://[^\s/$.?#].[^\s]*",
    r"@\w+",
    r"#\w+",
    r"@[A-Za-z0-9_]+",
    r"(@[A-Za-z0-9]+)|([^0-9A-Za-z \t])|(\w+:\/\/\S+)",
    r"<.*?>",
    r"<[^>]+>",
    r"<[^>]*>",
    r"<br\s*/?>",
    r"(<br\s*/><br\s*/>)|(\-)|(\/)",
    r"[.;:!'?,\"()\[\]]",
    r"&[a-z]+;",
    r"&#?\w{1,6};",
    r"[^a-zA-Z]",
    r"[^a-z0-9 ]",
    r"[^A-Za-z\s]+",
    r"[^\w\s]",
    r"\d+",
    r"\s+",
    r"\s{2,}",
    r"[ \t]+$",
    r"^\s+|\s+$",
    r"\s+[a-zA-Z]\s+",
    r"\^[a-zA-Z]\s+",
    r"^b\s+",
    r"^RT[\s]+",
    r"\b\w{1,2}\b",
    r"\b[a-zA-Z]\b",
    r"\B#\w+",
    r"(?:won|can)'t",
    r"n't\b",
    r"\'s",
    r"[\W_]+",
    r"\W+",
    r"\n",
    r"\r?\n",
    r"[!-/:-@]",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]",
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"\S+@\S+",
    r"\[.*?\]",
    r"\(.+\)",
    r"\w*\d\w*",
    r"(.)\.\.+",
    r"[\u4e00-\u9fff]+",
    r"[\U0001F600-\U0001F64F\u2600-\u26ff]",
    r"\ud800",
    r"\$\d+(?:\.\d\d)?",
    r"\d{1,2}[/-]\d{1,2}[/-]\d{2,4}",
    r"(?:ha){2,}",
    r"[^\x00-\x7F]+",
    r"x{,2}y",
    r"a$",
    r"a\Z",
    r"\A.",
    r"$\n",
    r".+?\b",
]
PIECES = [
    *("", " ", "  ", "\n", "\r\n", "\t", "\x1c", "\x85", "\u00a0", "\u3000", "\u2028", "\0", "_", "-", "/", "<", ">", "<<"),
    *(">>", "&", ";", "a", "b", "b ", "RT ", "x", "xxy", "Z", "\u00e9", "e\u0301", "\u4e2d\u6587", "\u0663", "\u00b2"),
    *("\u00bd", "\ud800", "\udc00", "\U0001f600", "https://t.co/aB1", "http://", "www.a.de", "ftp://x.y/z", "@name_1"),
    *("@", "#tag", "a#b", "<br />", "<br/><br/>", "<p class='x'>", "</p>", "<\n>", "&amp;", "&#39;", "&nbsp", "won't", "can't"),
    *("isn't", "it's", "a.b+c@d-e.org", "@@", "[1]", "[[x]", "(y)", "abc123def", "1", "12/3/2004", "$3.50", "haha", "hahaha"),
    *("...", "!?", "^a ", " q ", "a\n", "\\"),
]  # fmt: skip
ALPHABET = "ab1_ \n<>\u00e9\u0301\u4e2d\ud800"


def expected(written, replacement, text):
    return re.sub(written, lambda match: replacement, text)


@pytest.mark.parametrize("written", PATTERNS)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(ALPHABET + "@#&;.:/'-", max_size=30))
def test_real_patterns_are_those_of_python(written, text):
    assert substituter(parse_pattern(written), " ")(text) == expected(written, " ", text)


def grammar():
    """Patterns of the subset, each with whether it can match the empty text."""
    escape = st.sampled_from([r"\w", r"\d", r"\s", r"\W", r"\D", r"\S", ".", r"\n", r"\ud800", r"\x61"])
    in_class = st.sampled_from([*"ab1_ <\u00e9", "a-b", "0-9", r"\w", r"\W", r"\d", r"\s", r"\D", r"\]", r"\ud800"])
    classes = st.tuples(st.sampled_from(["", "^"]), st.lists(in_class, min_size=1, max_size=3).map("".join)).map(
        "".join
    )
    atom = st.sampled_from(ALPHABET) | st.sampled_from("ab") | escape | classes.map("[{}]".format)
    assertion = st.sampled_from([r"\b", r"\B", "^", "$", r"\A", r"\Z"]).map(lambda written: (written, True))
    quantifier = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "{2,}", "{0}", "{,}", "{1,3}"])

    def quantified(parts):
        (written, empty), times, lazy = parts
        if empty or not times:
            return written, empty
        return written + times + lazy, times in ("*", "?", "{,2}", "{0}", "{,}")

    def sequence(items):
        return "".join(written for written, _ in items), all(empty for _, empty in items)

    def choice(branches):
        return "|".join(written for written, _ in branches), any(empty for _, empty in branches)

    def choices(atoms):
        item = st.tuples(atoms, quantifier, st.sampled_from(["", "", "?"])).map(quantified)
        branch = st.lists(item | item | item | assertion, max_size=4).map(sequence)
        return st.lists(branch, min_size=1, max_size=3).map(choice)

    def groups(atoms):
        opening = st.sampled_from(["(", "(?:"])
        return st.tuples(opening, choices(atoms)).map(lambda parts: (f"{parts[0]}{parts[1][0]})", parts[1][1]))

    return choices(st.recursive(atom.map(lambda written: (written, False)), groups))


@given(
    grammar(),
    st.lists(st.text(ALPHABET, max_size=14) | st.text("ab", max_size=14), min_size=1, max_size=4),
    st.text("R\\1g<0>", max_size=4),
)
def test_any_pattern_of_the_subset_is_that_of_python(drawn, texts, replacement):
    written, empty = drawn
    if empty:
        with pytest.raises(InputError, match="can match the empty text"):
            parse_pattern(written)
        written = f"(?:{written})[ab]"
    try:
        pattern = parse_pattern(written)
    except InputError as error:
        if f"most {MAX_POSITIONS} are supported" in str(error):
            return
        raise
    substitute = substituter(pattern, replacement)
    for text in texts:
        assert substitute(text) == expected(written, replacement, text)


@pytest.mark.parametrize(
    "written",
    [r"[^>]", r"\w+", r"\W", r"[\s\S]+", r"[^\s\S]", r"[^\W\d_]+", r"[^\x00-\x7f]", r"\ud83d", r"[\ud800-\udfff]+"],
)
@pytest.mark.parametrize("replacement", ["", " ", "\\1", r"\g<0>\n"])
def test_a_single_set_takes_the_quick_way(written, replacement):
    substitute = substituter(parse_pattern(written), replacement)
    slow = Matcher(parse_pattern(written), replacement)
    for text in ("", "a>b  >>", "\u00e9_1\u4e2d \ud83d\ude00\ud83d", "\U0001f600\n"):
        assert substitute(text) == slow.substitute(text) == expected(written, replacement, text)


def test_a_text_without_a_first_character_comes_back_at_once():
    matcher = Matcher(parse_pattern("<[^>]+>"), "")
    text = "no tag > here" * 10
    assert matcher.substitute(text) is text
    assert matcher.steps == 0


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("<[^>]+>", "<"),
        ("(?:a+)+b", "a"),
        (r"(?:a|a|aa)*?c", "a"),
        (r"\ba.*\bb", "a "),
        (r"\s+$", " \t"),
        (r"\S+@\S+", "x"),
        (r"a\b", "a "),
        (r"(?:ab)+?", "ab"),
    ],
)
def test_steps_are_linear_in_the_text(written, unit):
    steps = []
    for count in (1000, 2000):
        matcher = Matcher(parse_pattern(written), "")
        matcher.substitute(unit * count + "!")
        steps.append(matcher.steps)
        assert matcher.steps <= 2 * (len(unit) * count + 1)
    assert abs(steps[1] - 2 * steps[0]) <= 2


def test_memos_are_bounded():
    matcher = Matcher(parse_pattern(r".\b[^a]"), "")
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 3 * MEMO_SIZE))) + " ."
    assert matcher.substitute(text) == expected(r".\b[^a]", "", text)
    assert len(matcher._positions_of) <= MEMO_SIZE
    assert len(matcher._is_word) <= MEMO_SIZE


def test_sets_of_viable_positions_may_be_more_than_a_memo_holds():
    written = r"(?:a|b)*a(?:a|b){15}c"
    draw = random.Random(1)  # noqa: S311
    text = "".join(draw.choice("ab") for _ in range(20000)) + "c"
    matcher = Matcher(parse_pattern(written), "-")
    assert matcher.substitute(text) == expected(written, "-", text)
    assert all(len(memo) <= MEMO_SIZE for memo in (*matcher._before, *matcher._before_end))
