import pytest

from drupelet.errors import FormatError, InputError
from drupelet_train.corpora.movie_reviews import read_source


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label,source\nno good,0,imdb\nfine film,1,imdb\nmeh,0,rotten_tomatoes\n")
    return path


def test_positives_come_first(path):
    read = read_source("imdb", 2, 4, range(1, 2), path)
    assert read.texts == ("fine film", "no good")
    assert read.label_names == ("positive", "negative")
    assert (read.source, read.held_out) == ("imdb", range(1, 2))


@pytest.mark.parametrize(("reviews", "words"), [(4, 4), (2, 5)])
def test_an_incomplete_corpus_is_refused(path, reviews, words):
    message = rf"reviews\.csv: 2 reviews from imdb, 1 of them positive, 4 words; expected {reviews}, {reviews // 2} and {words}"
    with pytest.raises(FormatError, match=message):
        read_source("imdb", reviews, words, range(0), path)


def test_a_corpus_of_one_class_is_refused(path):
    with pytest.raises(
        FormatError, match="1 reviews from rotten_tomatoes, 0 of them positive, 1 words; expected 2, 1 and 1"
    ):
        read_source("rotten_tomatoes", 2, 1, range(0), path)


def test_a_corpus_without_the_source_column_is_refused(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\na,0\n")
    with pytest.raises(InputError, match="no single column 'source'"):
        read_source("imdb", 2, 4, range(0), path)
