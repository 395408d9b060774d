import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet.labelled_rows import Columns
from drupelet_train.corpora.corpus import load_all, load_held_out, rarest_labels, read_corpus
from drupelet_train.corpora.reading import Reading


def write_csv(path, labels):
    path.write_text("text,label\n" + "".join(f"text {row},{label}\n" for row, label in enumerate(labels)))
    return path


def test_a_csv_file_holds_out_the_last_tenth_of_every_class(tmp_path):
    data = str(write_csv(tmp_path / "a.csv", ["x", "y"] * 20))
    corpus = read_corpus(data)
    assert corpus.name == data
    assert corpus.labels == ("x", "y")
    assert corpus.label_ids[:4].tolist() == [0, 1, 0, 1]
    assert corpus.held_out.tolist() == [36, 37, 38, 39]
    assert load_held_out(data) == (["text 36", "text 37", "text 38", "text 39"], [("x",), ("y",), ("x",), ("y",)])
    assert sorted([*corpus.training.tolist(), *corpus.held_out.tolist()]) == list(range(40))


def test_all_texts_are_held_out_where_training_saw_other_data(tmp_path):
    few = str(write_csv(tmp_path / "few.csv", ["x", "y"]))
    assert load_held_out(few, all_held_out=True) == (["text 0", "text 1"], [("x",), ("y",)])
    with pytest.raises(InputError, match="expected at least 3"):
        load_held_out(few)


def test_data_that_sets_texts_apart_holds_out_those_alone():
    assert load_held_out("imdb", all_held_out=True) == load_held_out("imdb")


def test_all_texts_come_in_order(tmp_path):
    texts, labels = load_all(str(write_csv(tmp_path / "a.csv", ["x", "y"] * 3)))
    assert texts == [f"text {row}" for row in range(6)]
    assert labels == [("x",), ("y",)] * 3


def test_validation_and_held_out_are_apart(tmp_path):
    corpus = read_corpus(str(write_csv(tmp_path / "a.csv", ["x", "y"] * 50)))
    validation = corpus.validation(0.2, 3)
    assert set(validation.tolist()) <= set(corpus.training.tolist())


def test_numbers_as_labels_are_sorted_by_value(tmp_path):
    corpus = read_corpus(str(write_csv(tmp_path / "a.csv", ["10", "9", "-1"] * 3)))
    assert corpus.labels == ("-1", "9", "10")


def test_the_held_out_half_of_a_tree_is_its_test_folder(tmp_path):
    for half, count in (("train", 2), ("test", 1)):
        for label in ("neg", "pos"):
            folder = tmp_path / half / label
            folder.mkdir(parents=True)
            for number in range(count):
                (folder / f"{number}_1.txt").write_text(f"{half} {label} {number}")
    assert load_held_out(str(tmp_path)) == (["test neg 0", "test pos 0"], [("neg",), ("pos",)])


def test_imdb_holds_out_the_two_thousand_in_the_middle():
    texts, labels = load_held_out("imdb")
    assert labels == [("positive",)] * 1_000 + [("negative",)] * 1_000
    assert texts[1_000].startswith("I rented I AM CURIOUS-YELLOW")
    corpus = read_corpus("imdb")
    assert corpus.labels == ("negative", "positive")
    assert len(corpus.training) == 23_000
    validation = corpus.validation(0.1, 4)
    assert np.bincount(corpus.label_ids[validation]).tolist() == [1_150, 1_150]


def test_the_fingerprint_follows_the_content_and_not_the_name(tmp_path):
    one = read_corpus(str(write_csv(tmp_path / "a.csv", ["x", "y"] * 5)))
    same = read_corpus(str(write_csv(tmp_path / "b.csv", ["x", "y"] * 5)))
    other = read_corpus(str(write_csv(tmp_path / "c.csv", ["y", "x"] * 5)))
    assert one.sha256() == same.sha256() != other.sha256()


def test_an_unknown_name_gets_the_closest(tmp_path):
    with pytest.raises(InputError, match=r"imbd: no such file or folder; .* did you mean 'imdb'\?"):
        read_corpus("imbd")
    write_csv(tmp_path / "reviews.csv", ["x", "y"])
    with pytest.raises(InputError, match=r"review\.csv: no such file or folder; .* did you mean 'reviews\.csv'\?"):
        read_corpus(str(tmp_path / "review.csv"))
    (tmp_path / "nowhere").symlink_to("nowhere")
    for name in ("gone/q", "nowhere"):
        with pytest.raises(InputError, match=r"check the path"):
            read_corpus(str(tmp_path / name))


def test_a_class_with_too_few_texts_is_named(tmp_path):
    data = str(write_csv(tmp_path / "a.csv", ["x"] * 5 + ["y"] * 2))
    with pytest.raises(InputError, match=r"a\.csv: the class 'y' has 2 texts, expected at least 3"):
        read_corpus(data)


def test_a_class_with_too_few_training_texts_is_named(tmp_path):
    for half, counts in (("train", {"neg": 4, "pos": 1}), ("test", {"neg": 3, "pos": 3})):
        for label, count in counts.items():
            (tmp_path / half / label).mkdir(parents=True)
            for number in range(count):
                (tmp_path / half / label / f"{number}.txt").write_text("text")
    with pytest.raises(InputError, match=r"the class 'pos' has 1 training text, expected at least 2"):
        read_corpus(str(tmp_path))


def write_rows(path, header, rows):
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def test_files_for_validation_and_test_take_the_place_of_parts(tmp_path):
    data = str(write_csv(tmp_path / "a.csv", ["x", "y"] * 3))
    reading = Reading(
        validation=write_rows(tmp_path / "v.csv", "text,label", ["v0,x", "v1,y"]),
        test=write_rows(tmp_path / "t.csv", "text,label", ["t0,y"]),
    )
    corpus = read_corpus(data, reading=reading)
    assert [corpus.texts[i] for i in corpus.validation(0.5, 4)] == ["v0", "v1"]
    assert [corpus.texts[i] for i in corpus.held_out] == ["t0"]
    assert load_held_out(data, reading=reading.to_json()) == (["t0"], [("y",)])
    assert corpus.sha256() != read_corpus(data).sha256()
    with pytest.raises(InputError, match="imdb: no file with columns, so --validation does not fit"):
        read_corpus("imdb", reading=reading)


def test_a_label_of_the_test_file_alone_is_named(tmp_path):
    data = str(write_csv(tmp_path / "a.csv", ["x", "y"] * 3))
    test = write_rows(tmp_path / "t.csv", "text,label", ["t0,z", "t1,z"])
    with pytest.raises(InputError, match="the class 'z' has 0 training texts, expected at least 2"):
        read_corpus(data, reading=Reading(test=test))


GROUPED = Reading(Columns(group="film"))


def test_a_group_is_in_one_part(tmp_path):
    rows = [f"text {n},{'xy'[n // 3 % 2]},film {n // 3}" for n in range(300)]
    corpus = read_corpus(write_rows(tmp_path / "a.csv", "text,label,film", rows), reading=GROUPED)
    validation = corpus.validation(0.2, 4)
    parts = [np.setdiff1d(corpus.training, validation), validation, corpus.held_out]
    assert sum(map(len, parts)) == 300
    assert len(np.concatenate([np.unique(corpus.groups[part]) for part in parts])) == 100
    for part, share in zip(parts, (0.72, 0.18, 0.1), strict=True):
        assert np.bincount(corpus.label_ids[part]) == pytest.approx([150 * share] * 2, abs=6)


def test_groups_that_make_a_split_impossible_are_named(tmp_path):
    rows = [f"text {n},{'xy'[n % 2]},film {n % 2}" for n in range(40)]
    with pytest.raises(
        InputError, match="all texts of the class 'x' belong to one group, expected at least 3: groups are"
    ):
        read_corpus(write_rows(tmp_path / "a.csv", "text,label,film", rows), reading=GROUPED)
    test = write_rows(tmp_path / "t.csv", "text,label,film", ["t,x,film 2"])
    rows = [f"text {n},{'xy'[n % 2]},film {n}" for n in range(40)]
    with pytest.raises(InputError, match=r"the group 'film 2' stands in the training and the held-out texts \(1 such"):
        read_corpus(write_rows(tmp_path / "a.csv", "text,label,film", rows), reading=replace(GROUPED, test=test))


def test_several_labels_are_spread_by_the_rarest(tmp_path):
    rows = [f"text {n},{'x|y' if n % 10 == 0 else 'x' if n % 3 else ''}" for n in range(100)]
    data = write_rows(tmp_path / "a.csv", "text,label", rows)
    corpus = read_corpus(data, reading=Reading(Columns(several=True)))
    assert corpus.labels == ("x", "y")
    assert corpus.targets()[:4].tolist() == [[1, 1], [1, 0], [1, 0], [0, 0]]
    assert corpus.label_counts(corpus.held_out).tolist()[1] == 1
    assert corpus.label_names(0) == ("x", "y")
    assert corpus.label_names(3) == ()
    assert rarest_labels(np.array([[1, 0], [0, 0], [1, 1]], np.float32)).tolist() == [0, 0, 0]


def test_weights_are_read_and_one_must_count(tmp_path):
    weighted = Reading(Columns(weight="w"))
    rows = [f"text {n},{'xy'[n % 2]},{n % 2}" for n in range(20)]
    corpus = read_corpus(write_rows(tmp_path / "a.csv", "text,label,w", rows), reading=weighted)
    assert corpus.weights.tolist() == [0.0, 1.0] * 10
    rows = [f"text {n},{'xy'[n % 2]},0" for n in range(20)]
    with pytest.raises(InputError, match="every weight is 0; expected some above 0"):
        read_corpus(write_rows(tmp_path / "a.csv", "text,label,w", rows), reading=weighted)


# Data that only the record of a run names


NOT_AS_IT_WAS = (
    r": the record of the run names this data, which is not here as it was in training \(missing, moved or cha"
)


def test_data_of_a_record_is_read_when_it_is_what_was_recorded(tmp_path):
    data = str(write_csv(tmp_path / "a.csv", ["x", "y"] * 20))
    recorded = read_corpus(data).sha256()
    assert read_corpus(data, recorded).sha256() == recorded
    assert load_held_out(data, recorded_sha256=recorded) == load_held_out(data)
    write_csv(tmp_path / "a.csv", ["y", "x"] * 20)
    with pytest.raises(InputError, match=data + NOT_AS_IT_WAS):
        read_corpus(data, recorded)


@pytest.mark.parametrize("kind", ["no table", "missing", "pipe", "device", "folder", "no file name"])
def test_the_error_for_data_of_a_record_says_nothing_of_its_content(tmp_path, kind):
    path = tmp_path / "private"
    if kind == "no table":
        path.write_text("password,of,mine\n")
    elif kind == "pipe":
        os.mkfifo(path)  # and is not waited for
    elif kind == "folder":
        (path / "secret label").mkdir(parents=True)
    data = {"device": "/dev/zero", "no file name": ""}.get(kind, str(path))
    for recorded in ("", "0" * 64):
        with pytest.raises(InputError, match=NOT_AS_IT_WAS) as caught:
            read_corpus(data, recorded)
        assert "password" not in str(caught.value)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_files_that_a_record_names_beside_its_data_are_no_pipes_and_have_the_hash(tmp_path, part):
    data = str(write_csv(tmp_path / "a.csv", ["x", "y"] * 20))
    other = Path(write_rows(tmp_path / "b.csv", "text,label", ["private,x", "b,y"]))
    reading = Reading(**{part: str(other)})
    recorded = read_corpus(data, reading=reading).sha256()
    assert read_corpus(data, recorded, reading).sha256() == recorded
    write_rows(other, "text,label", ["private,y", "b,x"])
    with pytest.raises(InputError, match=NOT_AS_IT_WAS):
        read_corpus(data, recorded, reading)
    other.unlink()
    os.mkfifo(other)  # and is not waited for
    with pytest.raises(InputError, match=NOT_AS_IT_WAS):
        read_corpus(data, recorded, reading)


def test_a_named_corpus_needs_no_hash():
    assert load_held_out("imdb", recorded_sha256="") == load_held_out("imdb")
