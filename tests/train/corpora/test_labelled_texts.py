import pytest

from drupelet.errors import InputError
from drupelet_train.corpora.labelled_texts import LabelledTexts, joined


def test_one_class_is_refused():
    with pytest.raises(InputError, match=r"a\.csv: every text is labelled 'x'; expected at least two classes"):
        LabelledTexts("a.csv", ("one", "two"), ("x", "x")).check_classes()
    with pytest.raises(InputError, match=r"a\.csv: no text has a label"):
        LabelledTexts("a.csv", ("one", "two"), (), label_sets=((), ())).check_classes()


def test_no_text_is_refused():
    with pytest.raises(InputError, match=r"a\.csv: holds no text"):
        LabelledTexts("a.csv", (), ())


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "a\u2028b"])
def test_a_label_is_one_line(label):
    with pytest.raises(InputError, match=r"a\.csv: the label .* is empty or spans lines"):
        LabelledTexts("a.csv", ("one", "two"), ("x", label))


def test_every_text_has_a_label():
    with pytest.raises(ValueError, match="2 texts, 1 labels"):
        LabelledTexts("a.csv", ("one", "two"), ("x",))


def test_files_are_joined_in_the_order_of_their_parts():
    first, second, third = (LabelledTexts(name, (name,), ("x",), groups=(name,), notes=(name,)) for name in "abc")
    whole = joined(first, second, third)
    assert (whole.texts, whole.groups, whole.notes) == (tuple("abc"),) * 3
    assert (whole.source, whole.validation, whole.held_out) == ("a", range(1, 2), range(2, 3))
    assert joined(first, None, third).held_out == range(1, 2)
    assert (joined(first, second, None).validation, joined(first, second, None).held_out) == (range(1, 2), None)
