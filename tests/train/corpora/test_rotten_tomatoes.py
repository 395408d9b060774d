import pytest

from drupelet.errors import FormatError, InputError
from drupelet_train.corpora.corpus import read_corpus
from drupelet_train.corpora.rotten_tomatoes import read_rotten_tomatoes


def test_the_package_carries_the_8530_sentences():
    read = read_rotten_tomatoes()
    assert read.source == "rotten_tomatoes"
    assert len(set(read.texts)) == 8_530
    assert sum(len(text.split()) for text in read.texts) == 179_069
    assert set(read.label_names[:4_265]) == {"positive"}
    assert set(read.label_names[4_265:]) == {"negative"}
    assert read.texts[2] == "effective but too-tepid biopic"


def test_all_of_them_are_held_out_and_no_corpus_is_called_so():
    assert read_rotten_tomatoes().held_out == range(8_530)
    with pytest.raises(InputError, match="rotten_tomatoes: no such file or folder"):
        read_corpus("rotten_tomatoes")


def test_an_incomplete_corpus_is_refused(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label,source\nno good,0,imdb\nfine film,1,imdb\nmeh,0,rotten_tomatoes\n")
    message = (
        r"reviews\.csv: 1 reviews from rotten_tomatoes, 0 of them positive, 1 words; expected 8,530, 4,265 and 179,069"
    )
    with pytest.raises(FormatError, match=message):
        read_rotten_tomatoes(path)
