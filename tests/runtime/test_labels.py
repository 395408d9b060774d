"""Labels are distinct, one for each class, and each can be printed in a line of its own."""

import pytest

from drupelet.errors import FormatError
from drupelet.labels import check_labels


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


@pytest.mark.parametrize(
    "label",
    ["", "a\tb", "a\nb", "\x7f", "\x1b[31mred", "\u0085", "\ud800", "a\u2028b", "a\u2029b", "\u202egood", "go\xadod"],
    ids=ascii,
)
def test_a_label_that_cannot_be_printed_in_a_line_is_refused(label):
    with pytest.raises(FormatError, match=r"^label .* is empty or has a character that cannot stand in a line$"):
        check_labels(("good", label), 2)
