"""A file of the owner's answers is read as CSV or JSONL, and everything that is wrong with it has its line."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drupelet.errors import DrupeletError, InputError
from drupelet_export.reading.owner_answers import read_answers

LABELS = ("bad", "good")


@pytest.fixture
def read(tmp_path):
    """A function that writes a file and reads it as answers."""

    def write_and_read(content, labels=LABELS, name="answers.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_answers(path, labels)

    return write_and_read


@pytest.mark.parametrize(
    "content",
    [
        "text,bad,good\nfine,0.25,0.75\n",
        "good,text,bad\n0.75,fine,0.25\n",
        "text,probability\nfine,0.75\n",
        b"\xef\xbb\xbftext,probability\r\n\"fine\",0.75\r\n",
        '{"text": "fine", "probability": 0.75}\n',
        '{"text": "fine", "probabilities": [0.25, 0.75]}',
        '\n{"text": "fine", "probabilities": {"good": 0.75, "bad": 0.25}}\n',
    ],
)  # fmt: skip
def test_probabilities_in_every_form(read, content):
    answers = read(content)
    assert (answers.texts, answers.probabilities, answers.ids) == (("fine",), ((0.25, 0.75),), None)
    assert answers.reference == "the answers in answers.csv (1 text)"


@pytest.mark.parametrize(
    "content", ["text,ids\nfine,0 3 4\n", 'text,ids\nfine,"[0, 3, 4]"\n', '{"text": "fine", "ids": [0, 3, 4]}\n']
)
def test_ids_in_every_form(read, content):
    assert read(content).ids == ((0, 3, 4),)


def test_no_ids_are_an_answer_and_both_kinds_may_be_given(read):
    answers = read('text,ids,probability\n"",,0.5\n"a\nb",7,1\n')
    assert answers.ids == ((), (7,))
    assert answers.probabilities == ((0.5, 0.5), (0.0, 1.0))
    assert (answers.texts, answers.lines) == (("", "a\nb"), (2, 4))


def test_a_text_twice_with_the_same_answer_counts_once(read):
    assert read("text,probability\na,0.5\na,0.50000001\nb,1\n").texts == ("a", "b")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"answers.csv: is empty; expected 'text' and a column for each label \(bad, good\)"),
        ("text,probability\n", "answers.csv: has no rows"),
        ("review,good\na,1\n", "line 1: has no column 'text', it has 'review', 'good'; separate columns by commas"),
        ("text,bad,fine\na,0,1\n", r"line 1: column 'fine' is neither an answer nor a label of the model \(bad, good\)"),
        ("text,good\na,1\n", "line 1: has no column for the label 'bad'"),
        ("text\na\n", "line 1: has no column of answers, it has text"),
        ("text,text,probability\na,a,1\n", "line 1: column 'text' is there twice"),
        ("text" + ",x" * 1_000_000 + "\n", "line 1: column 'x' is there twice"),
        ("text,probability,bad,good\na,1,0,1\n", "line 1: has columns of labels and 'probability' too; keep one kind"),
        ("text,probability\na,1\nb\n", "line 3: 1 fields, expected 2 as its header"),
        ("text,probability\na,high\n", "line 2: probability 'high', expected a number from 0 to 1"),
        ("text,probability\na,nan\n", "line 2: probability nan, expected a number from 0 to 1"),
        ("text,probability\na,-2.5\n", "line 2: probability -2.5 is outside 0 to 1; give probabilities, not logits or"),
        ("text,bad,good\na,0,inf\n", "line 2: probability inf is outside 0 to 1"),
        ("text,probability\na,0.1\na,0.2\n", "line 3: the text 'a' is in line 2 already, with another answer; keep"),
        ("text,ids\na,1\na,2\n", "line 3: the text 'a' is in line 2 already, with another answer"),
        ("text,ids\na,1 two\n", "line 2: ids '1 two', expected whole numbers, separated by spaces"),
        ("text,ids\na,[1, 2\n", "ids|CSV|fields"),
        ("text,ids\na,-1\n", "line 2: id -1, expected a whole number, 0 or more"),
        ('text,ids\na,"[1.5]"\n', r"line 2: id 1\.5, expected a whole number"),
        ('text,probability\n"a,1\n', r"not CSV \("),
        (b"text,probability\n\xff,1\n", r"line 2: byte 0 \(0xff\) is not UTF-8"),
        ('{"probability": 1}\n', "line 1: has no text, expected a 'text' in every row"),
        ('{"text": 7, "probability": 1}\n', "line 1: has no text"),
        ('{"text": "a"}\n', "line 1: has no answer; expected 'text' and"),
        ('{"text": "a", "probability": NaN}\n', r"line 1: not JSON \(NaN is not JSON\); expected an object a line"),
        ('{"text": "a", "probability": null}\n', "line 1: probability None, expected a number"),
        ('{"text": "a", "probability": true}\n', "line 1: probability True, expected a number"),
        ('{"text": "a", "probabilities": [1]}\n', r"line 1: probabilities are 1 numbers, expected one for each label"),
        ('{"text": "a", "probabilities": {"bad": 1, "ugly": 0}}\n', "line 1: probabilities of bad, ugly, the labels of the"),
        ('{"text": "a", "probabilities": 1}\n', "line 1: probabilities are 1, expected one for each label"),
        ('{"text": "a", "probability": 1, "probabilities": [0, 1]}\n', "line 1: has 'probability' and 'probabilities'"),
        ('{"text": "a", "label": "bad"}\n', "line 1: field 'label' is not known"),
        ('{"text": "a", "ids": "1 2"}\n', "line 1: ids are '1 2', expected a list of whole numbers"),
        ('{"text": "a", "ids": [true]}\n', "line 1: id True, expected a whole number"),
        ('{"text": "a", "ids": [1]}\n{"text": "b", "probability": 1}\n', "line 2: has no ids, other lines have|line 1: has no"),
        ('{"text": "a", "probability": 1}\n[]\n', "line 2: a JSON list, expected an object"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line(read, content, message):
    with pytest.raises(InputError, match=message):
        read(content)


def test_one_probability_needs_two_labels(read):
    with pytest.raises(
        InputError, match=r"line 2: 'probability' means that of the second of two labels, the model has 3"
    ):
        read("text,probability\na,1\n", ("a", "b", "c"))


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"nothing.csv: not found; expected a CSV or JSONL file of answers"):
        read_answers(tmp_path / "nothing.csv", LABELS)
    with pytest.raises(InputError, match=r": cannot be read \(Is a directory\); expected a CSV or JSONL file"):
        read_answers(tmp_path, LABELS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.text(), st.floats(0, 1), min_size=1))
def test_any_text_survives_jsonl(tmp_path, rows):
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps({"text": text, "probability": p}) + "\n" for text, p in rows.items()))
    answers = read_answers(path, LABELS)
    assert dict(zip(answers.texts, (row[1] for row in answers.probabilities), strict=True)) == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(st.binary(), st.binary().map(lambda b: b"text,ids\n" + b), st.binary().map(lambda b: b'{"text": ' + b))
)
def test_any_bytes_are_answers_or_a_named_error(tmp_path, content):
    path = tmp_path / "answers"
    path.write_bytes(content)
    with suppress(DrupeletError):
        read_answers(path, LABELS)
