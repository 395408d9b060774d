"""Labels are distinct, one for each class, and each can be printed in a line of its own."""

import pytest

from drupelet.errors import FormatError
from drupelet.labels import MAX_LABEL_BYTES, MAX_LABELS, check_labels


@pytest.mark.parametrize(
    "labels",
    [
        ("no", "yes"),
        ("very good", "плохо"),
        ("\U0001f600", "\U0001f622"),
        ("a-b", "e\u0301"),
        ("می\u200cخواهم", "\U0001f468\u200d\U0001f469"),
    ],
)
def test_labels_that_can_be_printed_are_accepted(labels):
    check_labels(labels, 2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("a",), r"^1 label for 2 classes$"),
        (("a", "b", "c"), r"^3 labels for 2 classes$"),
        (("a", "a"), r"^labels \['a', 'a'\] are not distinct$"),
    ],
)
def test_there_is_one_distinct_label_for_each_class(labels, message):
    with pytest.raises(FormatError, match=message):
        check_labels(labels, 2)


def test_a_label_is_as_long_as_a_model_file_allows():
    check_labels(("é" * (MAX_LABEL_BYTES // 2), "b"), 2)
    with pytest.raises(FormatError, match=r"^label 'é+ has 1026 bytes, expected at most 1024; shorten it$"):
        check_labels(("é" * (MAX_LABEL_BYTES // 2 + 1), "b"), 2)


def test_there_are_as_many_classes_as_a_model_file_allows():
    check_labels([str(number) for number in range(MAX_LABELS)], MAX_LABELS)
    with pytest.raises(FormatError, match=r"^4097 classes, expected at most 4096$"):
        check_labels([str(number) for number in range(MAX_LABELS + 1)], MAX_LABELS + 1)


@pytest.mark.parametrize(
    "label",
    ["", "a\tb", "a\nb", "\x7f", "\x1b[31mred", "\u0085", "\ud800", "a\u2028b", "a\u2029b", "\u202egood", "go\xadod"],
    ids=ascii,
)
def test_a_label_that_cannot_be_printed_in_a_line_is_refused(label):
    with pytest.raises(FormatError, match=r"^label .* is empty or has a character that cannot stand in a line$"):
        check_labels(("good", label), 2)
