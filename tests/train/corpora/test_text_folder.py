import os

import pytest

from drupelet.errors import InputError
from drupelet_train.corpora.text_folder import read_text_folder


def write(folder, **texts_by_path):
    for path, text in texts_by_path.items():
        target = folder.joinpath(*path.split("__")).with_suffix(".txt")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def test_a_folder_per_class_in_the_order_of_the_numbers(tmp_path):
    read = read_text_folder(write(tmp_path, pos__10_1="ten", pos__9_3="nine", neg__2="two"))
    assert read.texts == ("two", "nine", "ten")
    assert read.label_names == ("neg", "pos", "pos")
    assert read.held_out is None


def test_the_test_half_of_an_acl_imdb_tree_is_held_out(tmp_path):
    folder = write(
        tmp_path,
        train__neg__0="a",
        train__pos__0="b",
        train__unsup__0="c",
        test__neg__0="d",
        test__pos__0="e",
    )
    read = read_text_folder(folder)
    assert read.texts == ("a", "b", "d", "e")
    assert read.label_names == ("neg", "pos", "neg", "pos")
    assert read.held_out == range(2, 4)


def test_both_halves_need_the_same_classes(tmp_path):
    folder = write(tmp_path, train__neg__0="a", train__pos__0="b", test__neg__0="d")
    with pytest.raises(InputError, match=r"train/ has the classes neg, pos, test/ has neg; expected the same"):
        read_text_folder(folder)


def test_a_folder_without_texts_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no text; expected a folder per class with \.txt files"):
        read_text_folder(tmp_path)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone: cannot be listed: No such file or directory"):
        read_text_folder(tmp_path / "gone")


def test_a_file_that_is_not_utf8_is_named(tmp_path):
    write(tmp_path, pos__1="a", neg__1="b")
    (tmp_path / "pos" / "1.txt").write_bytes(b"a\r\nb\xff")
    with pytest.raises(InputError, match=r"1\.txt: line 2: byte 1 \(0xff\) is not UTF-8; convert the text"):
        read_text_folder(tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path):
    write(tmp_path, pos__1="a", neg__1="b")
    (tmp_path / "pos" / "1.txt").write_bytes(b"\xef\xbb\xbfgood\r\n\xef\xbb\xbffilm\r")
    assert read_text_folder(tmp_path).texts == ("b", "good\r\n\ufefffilm\r")


def test_what_is_no_regular_file_is_named_and_not_waited_for(tmp_path):
    (tmp_path / "pos").mkdir()
    os.mkfifo(tmp_path / "pos" / "1.txt")
    with pytest.raises(InputError, match=r"1\.txt: not a regular file; expected a text, take it out of the folder"):
        read_text_folder(tmp_path)


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "1.txt").symlink_to("gone.txt")
    with pytest.raises(InputError, match=r"1\.txt: cannot be read: No such file or directory; check the file"):
        read_text_folder(tmp_path)


@pytest.mark.parametrize("link", ["reviews/pos/2.txt", "reviews/test"])
def test_a_link_out_of_the_folder_is_not_read(tmp_path, link):
    """The held-out texts of an export go into its bundle: a folder of somebody else could have sent a private file along."""
    write(tmp_path, mine__letter="private", reviews__pos__1="a", reviews__neg__1="b")
    (tmp_path / link).symlink_to(tmp_path / "mine" / "letter.txt" if link.endswith(".txt") else tmp_path / "mine")
    with pytest.raises(InputError, match=r": a link out of .*reviews, so it is not read; .* \(cp -RL\)$"):
        read_text_folder(tmp_path / "reviews")


def test_links_within_the_folder_are_read(tmp_path):
    write(tmp_path, reviews__pos__1="a", reviews__neg__1="b")
    (tmp_path / "reviews" / "pos" / "2.txt").symlink_to("1.txt")
    (tmp_path / "link").symlink_to("reviews")
    assert read_text_folder(tmp_path / "link").texts == ("b", "a", "a")
