import json
import sys
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drupelet.errors import FormatError, InputError
from drupelet.tokenizer import ALNUM, KERAS, MAX_REPLACEMENTS, TOKENIZERS, Tokenizer, named_tokenizer

WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
ODD = "\0\ud800\udfff\u0130\u212a\u0307\u1e9e\ufb01\u03a3\u01c5\ufeff\u200b\u200d\u180e\U0001f600" + WHITE_SPACE
any_text = st.lists(
    st.text(st.characters(exclude_categories=[])) | st.text(ODD + "aZ09.-_'<>&") | st.sampled_from(["<br />", " ", "A"])
).map("".join)


@given(any_text)
@example("A<br />b<BR />c <br/> d")
@example("\u212aelvin \u0130stanbul I\u0307 \u017ftra\u00dfe \uff21")
@example(f"a{'b'.join(WHITE_SPACE)}c")
@example("nul\0nul \ud800x\udfff <<br />br />")
def test_alnum_is_the_rule_of_the_reference_corpus(text):
    kept = ""
    for character in text.lower().replace("<br />", " "):
        if character in "abcdefghijklmnopqrstuvwxyz0123456789":
            kept += character
        elif character.isspace():
            kept += " "
    assert ALNUM.splitter()(text) == [word for word in kept.split(" ") if word]


@given(any_text)
@example("I'm STRASSE-bahn_\u0130\u212a \u00c9t\u00c9")
@example(f"a{'b'.join(WHITE_SPACE)}c")
@example("a\x1cb a\x1fb a\x85b a\u00a0b a\0b")
@example("... \t !?")
def test_keras_is_ascii_lower_case_punctuation_and_white_space(text):
    words, word = [], ""
    for character in text + " ":
        if character in "\t\n\v\f\r ":
            words += [word] if word else []
            word = ""
        elif not (character.isascii() and unicodedata.category(character)[0] in "PS"):
            word += chr(ord(character) + 32) if "A" <= character <= "Z" else character
    assert KERAS.splitter()(text) == words


def test_besides_a_to_z_two_letters_become_ascii_in_lower_case():
    assert [
        character
        for character in map(chr, range(128, sys.maxunicode + 1))
        if any(lowered.isascii() for lowered in character.lower())
    ] == ["\u0130", "\u212a"]


@pytest.mark.parametrize("space", WHITE_SPACE, ids=ascii)
def test_every_white_space_character_separates_words_of_alnum(space):
    assert ALNUM.splitter()(f"a{space}b") == ["a", "b"]
    assert KERAS.splitter()(f"a{space}b") == (["a", "b"] if space in "\t\n\v\f\r " else [f"a{space}b"])


@pytest.mark.parametrize(
    ("changes", "text", "words"),
    [
        ({}, "Ab\u00c9 C-d", ["ab", "cd"]),
        ({"lowercase": "none"}, "Ab C", ["b"]),
        ({"lowercase": "ascii"}, "A\u212a", ["a"]),
        ({"lowercase": "ascii"}, "A\u00e9B", ["ab"]),
        ({"replacements": (("aa", "b"),)}, "aaa aaaa", ["ba", "bb"]),
        ({"replacements": (("a", "b"), ("b", "c"))}, "ab", ["cc"]),
        ({"replacements": (("x", ""),)}, "axb x", ["ab"]),
        ({"replacements": (("x", " "),)}, "axb", ["a", "b"]),
        ({"characters": ""}, "abc d", []),
        ({"characters": "-]^"}, "a-b]c^d\\", ["-]^"]),
        ({"kept": "all_but", "lowercase": "none", "characters": "-]^"}, "a-b]c^d\\", ["abcd\\"]),
        ({"kept": "all_but", "lowercase": "none", "characters": ""}, "\u00c9-A b", ["\u00c9-A", "b"]),
        ({"kept": "all_but", "lowercase": "none", "characters": " "}, "a b\tc", ["ab", "c"]),
        ({"lowercase": "ascii", "replacements": (("\u00e9", "e"),)}, "\u00e9t\u00c9", ["et"]),
        ({"replacements": (("k", " "),)}, "a\u212ab", ["a", "b"]),
        ({"split": "ascii"}, "a\u2003b c", ["a\u2003b", "c"]),
        ({"split": "ascii", "characters": "ab"}, "a\x1cb\x0bb", ["a\x1cb", "b"]),
    ],
)
def test_each_rule_does_what_it_says(changes, text, words):
    assert replace(ALNUM, **changes).splitter()(text) == words


@pytest.mark.parametrize("keep", ["head", "tail", "ends"])
@pytest.mark.parametrize("limit", [None, 1, 2, 3, 4, 5, 6, 7])
def test_what_is_cut(keep, limit):
    tokenizer = replace(ALNUM, max_tokens=limit, keep=keep)
    for length in range(9):
        ids = list(range(length))
        if limit is None or length <= limit:
            expected = ids
        elif keep == "head":
            expected = ids[:limit]
        elif keep == "tail":
            expected = ids[-limit:]
        else:
            expected = ids[: limit - limit // 2] + ids[length - limit // 2 :]
        assert tokenizer.cut(ids) == expected
        assert tokenizer.cut(tuple(ids)) == expected
        assert tokenizer.cut(ids) is not ids


def test_the_head_gets_the_odd_one():
    assert replace(ALNUM, max_tokens=3, keep="ends").cut([1, 2, 3, 4]) == [1, 2, 4]
    assert replace(ALNUM, max_tokens=1, keep="ends").cut([1, 2]) == [1]


@pytest.mark.parametrize("tokenizer", [*TOKENIZERS.values(), replace(KERAS, max_tokens=9, keep="ends", unknown_id=1)])
def test_rules_round_trip_through_json(tokenizer):
    assert Tokenizer.from_json(json.loads(json.dumps(tokenizer.to_json()))) == tokenizer


def test_tokenizers_have_names():
    assert named_tokenizer("alnum") is ALNUM
    assert named_tokenizer("keras") is KERAS
    assert all(name == tokenizer.name for name, tokenizer in TOKENIZERS.items())


def test_a_mistyped_name_gets_the_closest_match():
    with pytest.raises(InputError, match=r"tokenizer 'kera' is not known; .*alnum, keras"):
        named_tokenizer("kera")
    with pytest.raises(InputError, match=r"did you mean 'keras'"):
        named_tokenizer("kera")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lowercase": "yes"}, r"lowercase is 'yes', expected one of unicode, ascii, none"),
        ({"kept": "none"}, r"kept is 'none', expected one of only, all_but"),
        ({"split": "comma"}, r"split is 'comma', expected one of unicode, ascii"),
        ({"keep": "middle"}, r"keep is 'middle', expected one of head, tail, ends"),
        ({"characters": "a\u00e9"}, r"characters hold 'a\u00e9', expected ASCII only"),
        ({"characters": "ba"}, r"characters are 'ba', expected distinct and ascending ones"),
        ({"characters": "aa"}, r"characters are 'aa', expected distinct and ascending ones"),
        ({"kept": "all_but"}, r"lowercase 'unicode' with kept 'all_but' would depend .*; use lowercase 'ascii', or"),
        ({"replacements": (("", "x"),)}, r"a replacement of the empty string, expected at least one character"),
        ({"replacements": (("x", "y"),) * (MAX_REPLACEMENTS + 1)}, r"65 replacements, expected at most 64"),
        (
            {"replacements": (("x", "\ud800"),)},
            r"the replacement of 'x' by '\\ud800' holds a lone surrogate, expected text",
        ),
        ({"replacements": (("\udfffx", "x"),)}, r"the replacement of '\\udfffx' by 'x' holds a lone surrogate"),
        (
            {"replacements": (("<br />", " "), ("\u00e9", "e"))},
            r"lowercase 'unicode' with a replacement of '\u00e9' would",
        ),
        ({"max_tokens": 0}, r"max_tokens is 0, expected at least 1, or none at all"),
        ({"max_tokens": -1}, r"max_tokens is -1"),
        ({"unknown_id": -1}, r"unknown_id is -1, expected 0 or more, or none at all"),
    ],
)
def test_impossible_rules(changes, message):
    with pytest.raises(FormatError, match=f"^tokenizer: {message}"):
        replace(ALNUM, **changes)
    with pytest.raises(FormatError, match=f"^tokenizer: {message}"):
        Tokenizer.from_json({**ALNUM.to_json(), **json.loads(json.dumps(changes))})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stem": True}, r"unknown fields \['stem'\], missing fields \[\]; expected \['name', 'lowercase'"),
        ({"name": 1}, r"name is 1, expected a string"),
        ({"lowercase": None}, r"lowercase is None, expected a string"),
        ({"kept": []}, r"kept is \[\], expected a string"),
        ({"characters": ["a"]}, r"characters is \['a'\], expected a string"),
        ({"split": 1}, r"split is 1, expected a string"),
        ({"keep": True}, r"keep is True, expected a string"),
        ({"max_tokens": 2.0}, r"max_tokens is 2\.0, expected a whole number or null"),
        ({"max_tokens": True}, r"max_tokens is True, expected a whole number or null"),
        ({"unknown_id": "1"}, r"unknown_id is '1', expected a whole number or null"),
        ({"replacements": "ab"}, r"replacements are 'ab', expected a list of pairs of strings"),
        ({"replacements": ["ab"]}, r"replacements are \['ab'\], expected a list of pairs"),
        ({"replacements": [["a"]]}, r"replacements are \[\['a'\]\], expected a list of pairs"),
        ({"replacements": [["a", 1]]}, r"replacements are \[\['a', 1\]\], expected a list of pairs"),
    ],
)
def test_json_of_the_wrong_shape(changes, message):
    with pytest.raises(FormatError, match=f"^tokenizer: {message}"):
        Tokenizer.from_json({**ALNUM.to_json(), **changes})


@pytest.mark.parametrize("field", ALNUM.to_json())
def test_json_without_a_field(field):
    data = ALNUM.to_json()
    del data[field]
    with pytest.raises(FormatError, match=rf"unknown fields \[\], missing fields \['{field}'\]; expected"):
        Tokenizer.from_json(data)


@pytest.mark.parametrize(("data", "kind"), [([], "list"), (None, "NoneType"), ("alnum", "str")])
def test_json_that_is_no_object(data, kind):
    with pytest.raises(FormatError, match=rf"tokenizer: a JSON {kind}, expected an object"):
        Tokenizer.from_json(data)


def test_rules_cannot_blow_a_text_up():
    # 64 replacements that double a text make 2 ** 64 characters of one: a hostile bundle would fill the memory.
    with pytest.raises(FormatError, match="replacement"):
        replace(ALNUM, replacements=(("a", "aa"),) * MAX_REPLACEMENTS)
