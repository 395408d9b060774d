import hashlib
import json
import math
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError, InputError
from drupelet.goldens import (
    MAX_ALL_CHARACTERS,
    MAX_GOLDENS,
    MAX_GOLDENS_BYTES,
    MAX_TEXT_CHARACTERS,
    SUITES,
    Golden,
    read_goldens,
    text_sha256,
    without_users_texts,
    write_goldens,
)
from runtime.networks import GOLDEN_BUNDLE

ONE = Golden("edge", "one", "a b ", 3, (1, 2), (0.25, 0.75), 1)
LINE = {"suite": "edge", "name": "one", "text": "a b ", "times": 3, "ids": [1, 2], "probabilities": [0.25, 0.75],
        "label": 1}  # fmt: skip


def test_a_line_written_out_is_what_the_writer_writes():
    line = (
        b'{"suite": "edge", "name": "one", "text": "\\u00e9\\ud800\\u0000\\n", "times": 3, "ids": [1, 2], '
        b'"probabilities": [0.25, null], "label": null}\n'
    )
    golden = replace(ONE, text="\u00e9\ud800\0\n", probabilities=(0.25, math.nan), label=None)
    assert write_goldens([golden]) == line
    (read,) = read_goldens(line, "here")
    assert replace(read, probabilities=()) == replace(golden, probabilities=())
    assert read.probabilities[0] == 0.25
    assert math.isnan(read.probabilities[1])


def test_the_golden_of_format_2_reads_and_is_written_the_same():
    content = (GOLDEN_BUNDLE / "goldens.jsonl").read_bytes()
    read = read_goldens(content, "here")
    assert [(golden.suite, golden.text, golden.times, golden.ids, golden.label) for golden in read] == [
        ("held_out", "A wonderful film!", 1, (3, 11, 6), 0),
        ("held_out", "the movie is awful, very BAD", 1, (2, 5, 1, 12, 8, 9), 0),
        ("held_out", "good", 1, (7,), 1),
        ("held_out", "boring boring<br />boring", 1, (13, 13, 13), 1),
        ("edge", "", 1, (), None),
        ("edge", "qzx", 1, (1,), None),
        ("edge", "the very good great wonderful film a bad awful boring movie wonder", 1,
         (2, 8, 7, 10, 12, 13, 5, 14), None),
        ("edge", " \u2003\x85", 1, (), None),
        ("edge", "\ud800 bad", 1, (9,), None),
    ]  # fmt: skip
    assert [golden.name for golden in read] == [ascii(golden.text) for golden in read]
    for golden in read:
        assert sum(golden.probabilities) == pytest.approx(1)
    assert write_goldens(read) == content


def test_a_text_is_repeated():
    assert ONE.whole_text == "a b a b a b "


def test_no_line_no_golden():
    assert read_goldens(b"", "here") == []


goldens = st.builds(
    Golden,
    suite=st.sampled_from(["held_out", "sampled", "edge"]),
    name=st.text(max_size=5),
    text=st.text(st.characters(exclude_categories=[]), max_size=20),
    times=st.integers(1, 50),
    ids=st.lists(st.integers(0, 2**31 - 1)).map(tuple),
    probabilities=st.lists(st.floats(0, 1), min_size=10, max_size=12).map(tuple),
    label=st.none() | st.integers(0, 9),
)


@given(st.lists(goldens | goldens.map(Golden.without_text), max_size=5))
def test_goldens_round_trip(written):
    assert read_goldens(write_goldens(written), "here") == written


@pytest.mark.parametrize("field", [name for name in LINE if name != "label"])
def test_a_missing_field(field):
    line = {key: value for key, value in LINE.items() if key != field}
    content = write_goldens([ONE]) + json.dumps(line).encode()
    with pytest.raises(FormatError, match=rf"^here: line 2: field '{field}' is missing; export it again"):
        read_goldens(content, "here")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"extra": 1}, r"line 1: unknown fields \['extra'\]"),
        (
            {"suite": "train"},
            r"goldens: 'one': suite 'train', expected one of answers, held_out, sampled, foreign, edge",
        ),
        ({"suite": 1}, r"line 1: field 'suite' is 1, expected str"),
        ({"name": None}, r"line 1: field 'name' is None, expected str"),
        ({"text": 1}, r"line 1: field 'text' is 1, expected str"),
        ({"times": 0}, r"goldens: 'one': 4 characters 0 times"),
        ({"times": -1}, r"goldens: 'one': 4 characters -1 times"),
        ({"times": MAX_TEXT_CHARACTERS}, r"goldens: 'one': 4 characters 16777216 times"),
        ({"times": 10**30}, r"goldens: 'one': 4 characters 10{30} times"),
        ({"times": 1.5}, r"line 1: field 'times' is 1\.5, expected int"),
        ({"ids": None}, r"line 1: field 'ids' is None, expected list"),
        ({"ids": [1.0]}, r"line 1: ids are not whole numbers; export it again"),
        ({"ids": [True]}, r"line 1: ids are not whole numbers"),
        ({"probabilities": 1}, r"line 1: field 'probabilities' is 1, expected list"),
        ({"probabilities": ["1"]}, r"line 1: probabilities are not numbers; export it again"),
        ({"probabilities": [True]}, r"line 1: probabilities are not numbers"),
        ({"label": "good"}, r"line 1: field 'label' is 'good', expected int"),
        ({"ids": [2**40]}, r"goldens: 'one': an id 1099511627776, expected 0 to 2147483647; export it again"),
        ({"ids": [0, -1]}, r"goldens: 'one': an id -1, expected 0 to 2147483647"),
        ({"label": -1}, r"goldens: 'one': label -1 of 2 classes; export it again"),
        ({"label": 2**40}, r"goldens: 'one': label 1099511627776 of 2 classes"),
        ({"label": True}, r"line 1: field 'label' is True, expected int"),
    ],
)
def test_each_field_is_checked(changes, message):
    with pytest.raises(FormatError, match=message):
        read_goldens(json.dumps({**LINE, **changes}).encode(), "here")


@pytest.mark.parametrize("changes", [{"suite": "train"}, {"times": 0}])
def test_a_value_that_cannot_be_names_file_and_line(changes):
    with pytest.raises(FormatError, match=r"^here: line 1: "):
        read_goldens(json.dumps({**LINE, **changes}).encode(), "here")


@pytest.mark.parametrize("line", [b"\n", b"[]", b"{", b'{"text": NaN}', b"\xff"])
def test_a_line_that_is_no_object(line):
    with pytest.raises(FormatError, match=r"^here: line 2: "):
        read_goldens(write_goldens([ONE]) + line, "here")


def test_an_empty_text_repeated_beyond_all_bounds():
    # "" * 10**30 is an OverflowError although it would be empty.
    with pytest.raises(FormatError, match=r"0 characters 10{30} times"):
        replace(ONE, text="", times=10**30)


def test_texts_that_are_too_long_in_all():
    lines = write_goldens([replace(ONE, text="a", times=MAX_TEXT_CHARACTERS)]) * (
        MAX_ALL_CHARACTERS // MAX_TEXT_CHARACTERS
    )
    assert read_goldens(lines, "here")
    message = (
        rf"^here: line 9: the texts up to here have {MAX_ALL_CHARACTERS + 12} characters with their repetitions, expected at "
        rf"most {MAX_ALL_CHARACTERS}; export it again$"
    )
    with pytest.raises(FormatError, match=message):
        read_goldens(lines + write_goldens([ONE]), "here")


def test_more_goldens_than_any_bundle_has():
    line = write_goldens([ONE])
    assert len(read_goldens(line * MAX_GOLDENS, "here")) == MAX_GOLDENS
    with pytest.raises(FormatError, match=r"^here: more than 4096 goldens; export it again$"):
        read_goldens(line * (MAX_GOLDENS + 1), "here")


def test_too_many_bytes_are_not_parsed():
    tracemalloc.start()
    with pytest.raises(
        FormatError, match=rf"^here: {MAX_GOLDENS_BYTES + 1} bytes, expected at most {MAX_GOLDENS_BYTES}; "
    ):
        read_goldens(bytes(MAX_GOLDENS_BYTES + 1), "here")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MAX_GOLDENS_BYTES + (1 << 20)


def test_a_probability_that_no_float_holds():
    line = json.dumps({**LINE, "probabilities": [10**400, 0]}).encode()
    with pytest.raises(FormatError, match=r"line 1: probabilities"):
        read_goldens(line, "here")


HIDDEN = {"suite": "held_out", "name": "one", "sha256": "0123456789abcdef" * 4, "ids": [1, 2],
          "probabilities": [0.25, 0.75], "label": 1}  # fmt: skip


def test_a_golden_without_text_has_its_hash_and_nothing_of_the_text():
    golden = replace(ONE, suite="held_out", text="G\u00e9heim \ud800", times=2)
    digest = hashlib.sha256(b"G\xc3\xa9heim \xed\xa0\x80" * 2).hexdigest()
    assert golden.digest == text_sha256(golden.whole_text) == digest
    hidden = golden.without_text()
    line = json.dumps({**HIDDEN, "sha256": digest}).encode() + b"\n"
    assert write_goldens([hidden]) == line
    assert read_goldens(line, "here") == [hidden]
    assert (hidden.has_text, hidden.text, hidden.digest) == (False, None, digest)
    assert hidden.without_text() == hidden
    assert hidden.with_text(golden.whole_text).whole_text == golden.whole_text
    with pytest.raises(InputError, match=r"'one': its text was left out; give the texts"):
        _ = hidden.whole_text


def test_the_texts_of_the_user_are_left_out_and_no_other():
    suites = [replace(ONE, suite=suite) for suite in SUITES]
    left = without_users_texts(suites)
    assert {golden.suite: golden.has_text for golden in left} == {
        "answers": False, "held_out": False, "sampled": True, "foreign": False, "edge": True
    }  # fmt: skip
    assert without_users_texts(left) == left


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": "a"}, r"line 1: has sha256 and text; export it again"),
        ({"times": 1}, r"line 1: has sha256 and times; export it again"),
        ({"sha256": None}, r"line 1: field 'sha256' is None, expected str"),
        ({"sha256": 1}, r"line 1: field 'sha256' is 1, expected str"),
        ({"sha256": ""}, r"line 1: goldens: 'one': sha256 '', expected 64 digits of 0-9 and a-f"),
        ({"sha256": "0" * 63}, r"expected 64 digits"),
        ({"sha256": "0" * 65}, r"expected 64 digits"),
        ({"sha256": "0" * 63 + "A"}, r"expected 64 digits"),
        ({"sha256": "0" * 63 + "\u0663"}, r"expected 64 digits"),
        ({"suite": "train"}, r"suite 'train'"),
    ],
)
def test_each_field_of_a_golden_without_text_is_checked(changes, message):
    with pytest.raises(FormatError, match=message):
        read_goldens(json.dumps({**HIDDEN, **changes}).encode(), "here")


@pytest.mark.parametrize("changes", [{"text": None}, {"sha256": "0" * 64}])
def test_a_golden_has_a_text_or_its_hash(changes):
    found = "neither text nor sha256" if changes.get("text", 1) is None else "text and sha256"
    with pytest.raises(FormatError, match=f"'one': has {found}, expected one of them"):
        replace(ONE, **changes)


def test_a_hash_is_not_repeated():
    with pytest.raises(FormatError, match="'one': 0 characters 2 times"):
        replace(ONE.without_text(), times=2)


values = st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["", "a", "0" * 64, "F" * 64]) | st.just([1])


@given(
    st.dictionaries(
        st.sampled_from(["suite", "name", "text", "times", "sha256", "ids", "probabilities", "label"]), values
    )
)
def test_any_fields_are_a_golden_or_an_error_that_names_the_line(changes):
    for line in (LINE, HIDDEN):
        try:
            (golden,) = read_goldens(json.dumps({**line, **changes}).encode(), "here")
        except FormatError as error:
            assert str(error).startswith("here: line 1: ")  # noqa: PT017
        else:
            assert golden.has_text == (golden.sha256 is None) == ("sha256" not in {**line, **changes})
            assert len(golden.digest) == 64
