import hashlib
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.text.named import ALNUM
from drupelet_train.words import id_matrix as module
from drupelet_train.words.id_matrix import (
    TextEncoding,
    cache_folder,
    cached_id_matrix,
    id_matrix,
    newest_first,
    token_counts,
)
from drupelet_train.words.vocabulary import RESERVED, Vocabulary

VOCABULARY = Vocabulary((*RESERVED, "a", "b", "c"))
TEXTS = ("a b zzz c a", "", "C")


def rules(max_tokens, keep="head"):
    return replace(ALNUM, max_tokens=max_tokens, keep=keep, unknown_id=1)


def encoding(max_tokens, keep="head", padding="pre"):
    return TextEncoding(VOCABULARY, rules(max_tokens, keep), padding)


def cached(folder, notices, texts=TEXTS):
    return cached_id_matrix(texts, "sha", encoding(4), folder, notices.append)


def test_padding_before_and_after():
    assert id_matrix(TEXTS, encoding(4)).tolist() == [[2, 3, 1, 4], [0, 0, 0, 0], [0, 0, 0, 4]]
    assert id_matrix(TEXTS, encoding(4, padding="post")).tolist() == [[2, 3, 1, 4], [0, 0, 0, 0], [4, 0, 0, 0]]


def test_a_long_text_keeps_its_ends():
    assert id_matrix(TEXTS, encoding(3, "ends"))[0].tolist() == [2, 3, 2]


def test_a_limit_is_needed():
    with pytest.raises(ValueError, match="max_tokens"):
        encoding(None)


@given(
    texts=st.lists(st.text("abz "), max_size=5), max_tokens=st.integers(1, 6), padding=st.sampled_from(["pre", "post"])
)
def test_padding_changes_no_id(texts, max_tokens, padding):
    matrix = id_matrix(tuple(texts), encoding(max_tokens, padding=padding))
    assert matrix.shape == (len(texts), max_tokens)
    assert matrix.dtype == np.int32
    assert token_counts(matrix).tolist() == [min(len(text.split()), max_tokens) for text in texts]
    for row, text in zip(matrix, texts, strict=True):
        assert row[row != 0].tolist() == VOCABULARY.ids(text.split())[:max_tokens]


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "drupelet"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "drupelet"


def test_the_second_time_comes_from_the_cache(tmp_path, monkeypatch):
    notices = []
    matrix = cached(tmp_path, notices)
    monkeypatch.setattr(module, "id_matrix", None)
    np.testing.assert_array_equal(cached(tmp_path, notices), matrix)
    assert notices == []


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_cache_is_made_again(tmp_path, damage):
    notices = []
    matrix = cached(tmp_path, notices)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes({"flip": bytes(content), "truncate": bytes(content[:-5]), "empty": b""}[damage])
    np.testing.assert_array_equal(cached(tmp_path, notices), matrix)
    assert notices == [f"{path}: the cached id matrix is damaged; it is made again"]
    np.testing.assert_array_equal(cached(tmp_path, notices), matrix)
    assert len(notices) == 1


def test_a_cached_file_that_is_no_matrix_is_made_again(tmp_path):
    cached(tmp_path, [])
    (path,) = tmp_path.iterdir()
    path.write_bytes(hashlib.sha256(b"no array").digest() + b"no array")
    notices = []
    assert cached(tmp_path, notices).shape == (3, 4)
    assert len(notices) == 1


def test_a_cache_that_cannot_be_written_costs_only_a_notice(tmp_path):
    (tmp_path / "file").write_text("in the way")
    notices = []
    assert cached(tmp_path / "file", notices).shape == (3, 4)
    assert len(notices) == 1
    assert notices[0].startswith("the id matrix is not cached: ")


def test_the_oldest_matrices_go(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEPT_MATRICES", 2)
    for age in (30, 20, 10):
        path = tmp_path / f"ids-{age}"
        path.write_bytes(b"x")
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    cached(tmp_path, [])
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 2
    assert "ids-10" in names


def test_what_another_process_deletes_meanwhile_is_left_out(tmp_path):
    for age, name in ((20, "old"), (10, "new")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    paths = [tmp_path / name for name in ("old", "gone", "new")]
    assert newest_first(paths) == [tmp_path / "new", tmp_path / "old"]


def test_what_was_not_written_to_its_end_goes_after_a_day(tmp_path):
    for name, age in ((".unfinished-1-ids-1", 2 * 86_400), (".unfinished-2-ids-2", 60)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    cached(tmp_path, [])
    assert [path.name for path in tmp_path.glob(".unfinished-*")] == [".unfinished-2-ids-2"]
