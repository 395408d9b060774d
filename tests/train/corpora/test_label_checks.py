import pytest

from drupelet.errors import InputError
from drupelet_train.corpora.label_checks import check_labels


def test_classes_pass():
    check_labels("a.csv", {"x": 2, "y": 1}, 3)
    check_labels("a.csv", {str(half / 2): 9 for half in range(11)}, 99)
    check_labels("a.csv", {str(number): 9 for number in range(200)}, 1800)


@pytest.mark.parametrize(
    ("counts", "texts", "message"),
    [
        (
            {f"{n / 7:.4f}": 1 for n in range(100)},
            100,
            "100 different labels in 100 texts .*all are numbers, some with fractions",
        ),
        (
            {f"text {n}": 1 for n in range(100_000)},
            100_000,
            "100,000 different labels in 100,000 texts .*several texts each",
        ),
        ({f"text {n}": 3 for n in range(5000)}, 15_000, "expected at most 4,096: join classes"),
        ({"x": 2, "y" * 1025: 2}, 4, "the label .* has more than 1024 bytes; expected the name of a class"),
    ],
)
def test_what_is_no_class_is_named(counts, texts, message):
    with pytest.raises(InputError, match=message):
        check_labels("a.csv", counts, texts)
