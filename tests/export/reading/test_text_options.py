"""Vocabulary files from other libraries, and the embedding rows of their lines."""

import re

import pytest

from drupelet.text.named import ALNUM, TEXTVECTORIZATION
from drupelet_export.errors import ModelError
from drupelet_export.reading.text_options import read_vocabulary_file, rows_of_vocabulary
from runtime.line_cases import CONVERT, other_encoding


@pytest.fixture
def vocabulary(tmp_path):
    """A function that writes the bytes of a vocabulary file."""

    def write(content):
        path = tmp_path / "vocabulary.txt"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        (b"\n[UNK]\nthe\nfilm\n", ("", "[UNK]", "the", "film")),
        (b"the\nfilm", ("the", "film")),
        (b"the\r\nfilm\r\n", ("the", "film")),
        (b"\xef\xbb\xbfthe\nfilm\n", ("the", "film")),
        (b"\xef\xbb\xbf\r\n[UNK]\r\nthe\r\n", ("", "[UNK]", "the")),
        ("\u00e9t\u00e9\n\u732b\n".encode(), ("\u00e9t\u00e9", "\u732b")),
        ("a\u2028b\nc\x0bd\ne\rf\n".encode(), ("a\u2028b", "c\x0bd", "e\rf")),  # lines end with a line feed only
        ("\u0085\n\u00a0\nit\u0085\n\u3000x\n\x1c\n".encode(), ("\u0085", "\u00a0", "it\u0085", "\u3000x", "\x1c")),
        (b"the\n\xef\xbb\xbfthe\n", ("the", "\ufeffthe")),
    ],
)
def test_one_token_per_line(vocabulary, content, tokens):
    assert read_vocabulary_file(vocabulary(content)) == tokens


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"the\nfilm\nthe\n", "line 3: 'the' is in line 1 already; a word has one id"),
        (b"\n[UNK]\nthe\n\n", "line 4: '' is in line 1 already; a word has one id"),
        (b"the\n\nfilm\n", "line 2: '', expected one token without white space around it"),
        (b"the\n film\n", "line 2: ' film', expected one token without white space around it"),
        (b"the\t0\n", None),
        (b"the\rfilm\r", "line 1: 'the\\rfilm\\r', expected one token without white space around it"),
        ("the\ncaf\u00e9\n".encode("latin-1"), f"line 2: byte 3 (0xe9) is not UTF-8; {CONVERT}"),
        ("the\n".encode("utf-16"), other_encoding("UTF-16")),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused(vocabulary, content, message):
    path = vocabulary(content)
    if message is None:
        assert read_vocabulary_file(path) == ("the\t0",)
        return
    with pytest.raises(ModelError, match=f"^{re.escape(f'{path}: {message}')}$"):
        read_vocabulary_file(path)


@pytest.mark.parametrize("token", ["\u0085", "it\u00a0", "\u3000x", "x\x1c"])
def test_white_space_around_a_token_is_what_the_rules_split_at(vocabulary, token):
    path = vocabulary(f"the\n{token}\n".encode())
    assert read_vocabulary_file(path, TEXTVECTORIZATION) == ("the", token)
    message = (
        f"{path}: line 2: {token!r}, expected one token without white space around it: the rules alnum split there, "
        "so no text has this token"
    )
    with pytest.raises(ModelError, match=f"^{re.escape(message)}$"):
        read_vocabulary_file(path, ALNUM)


@pytest.mark.parametrize("rules", [None, TEXTVECTORIZATION, ALNUM])
@pytest.mark.parametrize("token", ["x\t", " x", "", "x\r"])
def test_ascii_white_space_around_a_token_is_refused(vocabulary, rules, token):
    path = vocabulary(f"the\n{token}\r\nfilm\n".encode())
    message = f"{path}: line 2: {token!r}, expected one token without white space around it"
    with pytest.raises(ModelError, match=f"^{re.escape(message)}$"):
        read_vocabulary_file(path, rules)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    message = r"nothing.txt: cannot be read \(No such file or directory\); expected a vocabulary, one token per line"
    with pytest.raises(ModelError, match=message):
        read_vocabulary_file(tmp_path / "nothing.txt")
    with pytest.raises(ModelError, match=r"cannot be read \(Is a directory\)"):
        read_vocabulary_file(tmp_path)


WORDS = ("the", "film", "good")


@pytest.mark.parametrize(
    ("tokens", "rows", "unknown_id", "vocabulary", "unknown"),
    [
        # as TextVectorization.get_vocabulary() has it
        (("", "[UNK]", *WORDS), 5, None, (None, None, *WORDS), 1),
        (("<pad>", "<unk>", *WORDS), 5, None, (None, None, *WORDS), 1),
        (("", "a", "b", "[UNK]", *WORDS), 7, None, (None, "a", "b", None, *WORDS), 3),
        # padding without an unknown word: unknown words are dropped, as in keras.Tokenizer
        (("", *WORDS), 4, None, (None, *WORDS), None),
        (("", *WORDS), 4, 1, (None, None, *WORDS[1:]), 1),
        # words from id 0, 1 and 2 on
        (WORDS, 3, None, WORDS, None),
        (WORDS, 4, None, (None, *WORDS), None),
        (WORDS, 5, None, (None, None, *WORDS), 1),
        (WORDS, 5, 0, (None, None, *WORDS), 0),
        # the unknown word first, from id 0 and 1 on
        (("[UNK]", *WORDS), 4, None, (None, *WORDS), 0),
        (("[UNK]", *WORDS), 5, None, (None, None, *WORDS), 1),
        (("<OOV>", *WORDS), 5, None, (None, None, *WORDS), 1),
    ],
)
def test_rows(tokens, rows, unknown_id, vocabulary, unknown):
    found, found_unknown = rows_of_vocabulary(tokens, rows, unknown_id, "model")
    assert found_unknown == unknown
    assert len(found) == rows
    if unknown_id == 0 and unknown == 0:
        assert found[2:] == WORDS
    else:
        assert found == vocabulary


@pytest.mark.parametrize(
    ("tokens", "rows", "expected"),
    [
        (("", "[UNK]", *WORDS), 4, "4"),
        (("", "[UNK]", *WORDS), 6, "6"),
        (("[UNK]", *WORDS), 3, "3 or 2"),
        (("[UNK]", *WORDS), 6, "6 or 5"),
        (WORDS, 2, "2 or 1 or 0"),
        (WORDS, 6, "6 or 5 or 4"),
        ((), 3, "3 or 2 or 1"),
    ],
)
def test_one_token_too_many_or_too_few_is_refused_with_both_numbers(tokens, rows, expected):
    message = (
        f"^model: the vocabulary has {len(tokens)} tokens, the Embedding has {rows} rows; expected {expected} tokens; "
        "give the vocabulary that the model was trained with$"
    )
    with pytest.raises(ModelError, match=message):
        rows_of_vocabulary(tokens, rows, None, "model")
