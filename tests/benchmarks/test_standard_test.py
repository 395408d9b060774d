"""The standard test is read as people have it, without reviews that training has."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from benchmarks.standard_test import read_standard_test
from drupelet.errors import InputError
from drupelet_train.corpora.corpus import Corpus, read_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("known") / "a.csv"
    rows = [f"known {n},{('negative', 'positive')[n % 2]}" for n in range(12)]
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    return read_corpus(str(path))


def test_a_csv_file_may_be_compressed(corpus: Corpus, tmp_path: Path) -> None:
    content = 'text,label,film\n"fresh, and\nnew",positive,1\nKNOWN  3,positive,2\nworse,negative,3\n'
    (tmp_path / "test.csv").write_text(content)
    (tmp_path / "test.csv.gz").write_bytes(gzip.compress(content.encode()))
    expected = (["fresh, and\nnew", "worse"], ["positive", "negative"])
    assert read_standard_test(tmp_path / "test.csv", corpus) == expected
    assert read_standard_test(tmp_path / "test.csv.gz", corpus) == expected


def test_the_folder_of_the_data_set_gives_its_test_half(corpus: Corpus, tmp_path: Path) -> None:
    for part, label, text in (
        ("train", "pos", "a"), ("train", "neg", "b"), ("test", "pos", "c"), ("test", "neg", "known 1"), ("test", "neg", "d"),
    ):  # fmt: skip
        folder = tmp_path / part / label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{len(list(folder.iterdir()))}_1.txt").write_text(text)
    expected = {("c", "positive"), ("d", "negative")}
    for path in (tmp_path, tmp_path / "test"):
        assert set(zip(*read_standard_test(path, corpus), strict=True)) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,stars\na,3\n", "no column 'label'"),
        ("text,label\na,good\n", "label 'good', expected negative or positive"),
        ("text,label\nknown 1,positive\n", "no review that training does not have"),
    ],
)
def test_other_files_are_refused(corpus: Corpus, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "test.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        read_standard_test(tmp_path / "test.csv", corpus)


def test_a_file_that_is_no_archive_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "test.csv.gz").write_bytes(b"text,label\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_standard_test(tmp_path / "test.csv.gz", corpus)
