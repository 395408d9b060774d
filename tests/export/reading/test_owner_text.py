"""Text files: a token, a token and a number, a token and a vector a line."""

import pytest

from drupelet_export.reading.owner_text import meaning_of_numbers


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("the\nfilm\n", ("the", "film")),
        ("the\r\nfilm", ("the", "film")),
        ("\ufeffthe\nfilm", ("the", "film")),
        ("[UNK]\nthe\n", ("[UNK]", "the")),
        ("{\n}\nthe\n", ("{", "}", "the")),
        ('"\nthe\n', ('"', "the")),
        ("\n[PAD]\n\x85\n \n\u3000\nit\xa0\n", ("", "[PAD]", "\x85", " ", "\u3000", "it\xa0")),
        ("a\n\t\n \nb\n", ("a", "\t", " ", "b")),
        ("new\nyork\nnew york\n", ("new", "york", "new york")),
        ("a\rb\nc\n", ("a\rb", "c")),
        ("(\n)\n.", ("(", ")", ".")),
        ("cat\ndog\n.", ("cat", "dog", ".")),
        ("}\n]\n.", ("}", "]", ".")),
        ("x^\n", ("x^",)),
        ("1999\n2000\n", ("1999", "2000")),
        ("2 3\n2\n3\n", ("2 3", "2", "3")),
    ],
)
def test_a_token_a_line(read, content, tokens):
    vocabulary = read(content)
    assert (vocabulary.kind, vocabulary.tokens, vocabulary.ids) == ("one token a line", tokens, None)


def test_findings_on_tokens_a_line(read):
    vocabulary = read("a\nb\na\na\nb\na\n\n")
    assert vocabulary.findings == (
        "Line 7 has an empty token.",
        "4 lines repeat an earlier token: line 3 is 'a' as line 1, line 4 is 'a' as line 1, line 5 is 'b' as line 2, ....",
    )
    assert read("new\nyork\nnew york\n").findings == (
        "Tokens of several words joined by a space: 1, for example 'new york'.",
    )


@pytest.mark.parametrize("separator", ["\t", " "])
@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([0, 1, 2], "ids"),
        ([1, 2, 3], "ids"),
        ([9, 5, 5], "counts"),
        ([3, 2, 1], "counts"),
        ([1, 1, 1], "counts"),
        (list(range(4, 14)), "ids"),
        ([3, 1, 2, *range(4, 11)], "ids"),
        ([10, *range(10)], "ids"),
    ],
)
def test_a_token_and_a_number_a_line(read, separator, numbers, kind):
    words = [f"w{place}" for place in range(len(numbers))]
    words[1] = ""
    vocabulary = read("".join(f"{word}{separator}{number}\n" for word, number in zip(words, numbers, strict=True)))
    if kind == "ids":
        assert (vocabulary.kind, vocabulary.ids) == ("token and id a line", dict(zip(words, numbers, strict=True)))
    else:
        assert (vocabulary.kind, vocabulary.tokens) == ("token and count a line", tuple(words))


@pytest.mark.parametrize(
    "numbers", [[5], [1], [0], [2, 3], [1, 3, 2], [5, 9, 7], [1, 1, 2], [0, 5, 1], list(range(0, 40, 2))]
)
def test_numbers_that_may_be_ids_or_counts_are_asked_about(refused, numbers):
    assert meaning_of_numbers(numbers) is None
    message = refused("".join(f"w{place} {number}\n" for place, number in enumerate(numbers)))
    second = f", line 2 has {numbers[1]}" if len(numbers) > 1 else ""
    assert message == (
        f"the number behind each token may be its id or its count: line 1 has {numbers[0]}{second}; expected ids that count up "
        'from 0 or 1, or counts that fall. If they are ids, write the file as JSON, {"token": id}; if they are counts, leave '
        "them out: one token per line, in the order of the ids"
    )


VECTORS = [
    ("the", "0.1 -0.25 1e-05"),
    (",", "1 2 3"),
    (". . .", "0.5 0 -1"),
    ("1999", "nan 0 1"),
    ("\x85", "1. .5 -2E+3"),
]


@pytest.mark.parametrize("ending", ["\n", " \n", "\r\n"])
@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_a_token_and_a_vector_a_line(read, ending, header, separator):
    lines = [word + separator + vector.replace(" ", separator) for word, vector in VECTORS]
    if ending == " \n":
        ending = f"{separator}\n"
    content = (f"5 3{ending.lstrip(' ' + chr(9))}" if header else "") + ending.join(lines) + ending
    vocabulary = read(content)
    assert (vocabulary.kind, vocabulary.tokens) == ("token and vector a line", tuple(word for word, _ in VECTORS))
    assert vocabulary.findings[-1] == "The 3 numbers behind each token were not read."
    assert (vocabulary.findings[0] == "Line 1 announces 5 tokens with 3 numbers each, as word2vec writes it.") == header


@pytest.mark.parametrize("content", ["the\nfilm\r\n", "a\nfilm\r\nthe", "a\n\r\n\n"])
def test_line_ends_of_two_kinds_are_refused(read, refused, content):
    message = refused(content)
    assert message.startswith(
        "line 2 ends with a carriage return and a line feed, other lines with a line feed alone, so its token"
    )
    assert read(content.replace("\r", "")).tokens == tuple(content.replace("\r", "").splitlines())
