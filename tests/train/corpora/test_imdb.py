import pytest

from drupelet.errors import FormatError
from drupelet_train.corpora.imdb import HELD_OUT, read_imdb


def test_the_package_carries_the_25000_reviews():
    read = read_imdb()
    assert len(read.texts) == 25_000
    assert sum(len(text.split()) for text in read.texts) / 25_000 == pytest.approx(233.7872)
    assert set(read.label_names[:12_500]) == {"positive"}
    assert set(read.label_names[12_500:]) == {"negative"}
    assert read.held_out == HELD_OUT == range(11_500, 13_500)
    assert read.texts[12_500].startswith("I rented I AM CURIOUS-YELLOW")


def test_an_incomplete_corpus_is_refused(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label,source\nno good,0,imdb\nfine film,1,imdb\nmeh,0,rotten_tomatoes\n")
    message = r"reviews\.csv: 2 reviews from imdb, 1 of them positive, 4 words; expected 25,000, 12,500 and 5,844,680"
    with pytest.raises(FormatError, match=message):
        read_imdb(path)
