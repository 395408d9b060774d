import io
import json

import pytest

from drupelet.serve.refusal import Refusal
from drupelet.serve.requests import Limits, Question, body_too_large, read_body, read_question, read_single_question

LIMITS = Limits(max_body_bytes=100, max_texts=3, max_characters=10)


def environ(content, **changes):
    return {
        "CONTENT_TYPE": "application/json; charset=utf-8",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        **changes,
    }


def refused(read, *arguments):
    with pytest.raises(Refusal) as raised:
        read(*arguments)
    found = raised.value
    return found.status, found.code, found.param, found.message


@pytest.mark.parametrize("content", [b"{}", b"", b"x" * 100])
def test_a_body_is_read(content):
    assert read_body(environ(content), LIMITS) == content


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"CONTENT_TYPE": "text/plain"},
            (415, "wrong_content_type", "Content-Type", "Content-Type is 'text/plain', expected application/json"),
        ),
        (
            {"CONTENT_TYPE": ""},
            (415, "wrong_content_type", "Content-Type", "Content-Type is '', expected application/json"),
        ),
        (
            {"HTTP_CONTENT_ENCODING": "gzip"},
            (415, "encoded_body", "Content-Encoding", "Content-Encoding is 'gzip'; send the body as it is"),
        ),
        ({"CONTENT_LENGTH": ""}, (411, "length_required", "Content-Length", "Content-Length is missing")),
        (
            {"CONTENT_LENGTH": "-1"},
            (400, "wrong_length", "Content-Length", "Content-Length is '-1', expected a number"),
        ),
        (
            {"CONTENT_LENGTH": "\u0663"},
            (400, "wrong_length", "Content-Length", "Content-Length is '\u0663', expected a number"),
        ),
        (
            {"CONTENT_LENGTH": "101"},
            (
                413,
                "body_too_large",
                "Content-Length",
                "the body is longer than 100 bytes (--max-body-bytes); send fewer texts at a time",
            ),
        ),
        (
            {"CONTENT_LENGTH": "9" * 5000},
            (
                413,
                "body_too_large",
                "Content-Length",
                "the body is longer than 100 bytes (--max-body-bytes); send fewer texts at a time",
            ),
        ),
        ({"CONTENT_LENGTH": "7"}, (400, "wrong_length", "Content-Length", "the body ends after 2 of 7 bytes")),
    ],
)
def test_a_body_that_is_refused(changes, expected):
    assert refused(read_body, environ(b"{}", **changes), LIMITS) == expected


def test_the_refusal_of_a_large_body_is_that_of_the_server():
    assert body_too_large(LIMITS).status == 413


def test_a_text_or_a_list_of_texts():
    assert read_question(b'{"input": "a film"}', LIMITS) == Question(None, ("a film",))
    assert read_question(b'{"model": "m", "input": ["a", ""]}', LIMITS) == Question("m", ("a", ""))
    assert read_question(b'{"model": null, "input": "\\ud800"}', LIMITS) == Question(None, ("\ud800",))
    assert read_question(b'{"input": "a", "user": 3, "rid": null, "priority": 1, "request_id": "x"}', LIMITS).texts == (
        "a",
    )
    assert read_single_question(b'{"input": "a film"}', LIMITS) == Question(None, ("a film",))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (400, "not_json", None, "the body is not JSON (Expecting value: line 1 column 1 (char 0))")),
        (
            b"{",
            (
                400,
                "not_json",
                None,
                "the body is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
            ),
        ),
        (b"[" * 1_000_000, (400, "not_json", None, "the body is not JSON (it nests too deep)")),
        (b'{"input": NaN}', (400, "not_json", None, "the body is not JSON (NaN is not JSON)")),
        (
            b'{"input": "a", "input": "b"}',
            (400, "not_json", None, "the body is not JSON (an object names a key twice)"),
        ),
        (
            b'{"input": "\xff"}',
            (
                400,
                "not_json",
                None,
                "the body is not JSON ('utf-8' codec can't decode byte 0xff in position 11: invalid start byte)",
            ),
        ),
        (b"[]", (400, "wrong_type", None, "the body is a list, expected an object")),
        (b"null", (400, "wrong_type", None, "the body is null, expected an object")),
        (b'"a"', (400, "wrong_type", None, "the body is a string, expected an object")),
        (b"{}", (400, "missing_field", "input", "input is missing, expected a text or a list of texts")),
        (b'{"input": "a", "inputs": 1}', (400, "unknown_field", "inputs", "field 'inputs' is not known")),
        (b'{"input": "a", "model": 1}', (400, "wrong_type", "model", "model is a number, expected a string")),
        (b'{"input": null}', (400, "wrong_type", "input", "input is null, expected a text or a list of texts")),
        (b'{"input": {}}', (400, "wrong_type", "input", "input is an object, expected a text or a list of texts")),
        (b'{"input": true}', (400, "wrong_type", "input", "input is a boolean, expected a text or a list of texts")),
        (b'{"input": []}', (400, "no_texts", "input", "input is an empty list, expected at least one text")),
        (b'{"input": ["a", 3]}', (400, "wrong_type", "input[1]", "input[1] is a number, expected a text")),
        (
            b'{"input": ["a", "b", "c", "d"]}',
            (413, "too_many_texts", "input", "input has 4 texts, expected at most 3 (--max-texts)"),
        ),
        (
            b'{"input": "01234567890"}',
            (413, "text_too_long", "input", "input has 11 characters, expected at most 10 (--max-characters)"),
        ),
        (
            b'{"input": ["a", "01234567890"]}',
            (413, "text_too_long", "input[1]", "input[1] has 11 characters, expected at most 10 (--max-characters)"),
        ),
    ],
)
def test_a_question_that_is_refused(content, expected):
    assert refused(read_question, content, LIMITS) == expected


def test_a_value_of_the_clients_is_shown_in_part():
    *_, param, message = refused(read_question, json.dumps({"x" * 5000: 1}).encode(), LIMITS)
    assert (len(param), len(message)) == (60, 84)


def test_a_list_where_one_text_is_expected():
    expected = (400, "wrong_type", "input", "input is a list, expected a text")
    assert refused(read_single_question, b'{"input": ["a"]}', LIMITS) == expected
