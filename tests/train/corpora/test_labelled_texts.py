import pytest

from drupelet.errors import InputError
from drupelet_train.corpora.labelled_texts import LabelledTexts


def test_one_class_is_refused():
    with pytest.raises(InputError, match=r"a\.csv: every text is labelled 'x'; expected at least two classes"):
        LabelledTexts("a.csv", ("one", "two"), ("x", "x"))


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
