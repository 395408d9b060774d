"""The threshold of rejection: chosen on one half of the foreign texts, checked on the other."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest

from drupelet.decision import Decision, float32
from drupelet.errors import InputError
from drupelet.goldens import Golden, text_sha256
from drupelet.rejection import Rejection
from drupelet_export.parity.foreign_texts import (
    ForeignTexts,
    choose_threshold,
    read_foreign_texts,
    rejection_findings,
    rejection_of,
    score_of,
)

WORDS = ("the", "film", "a", "good", "bad", "quiet")
TEXTS = tuple(" ".join(words) for words in product(WORDS, repeat=3))


@pytest.fixture
def answering(compiled):
    """A function that makes a compiled model of which Keras answers as told."""

    def make(probability_of):
        def predict(texts, progress):
            progress(len(texts))
            return [(1 - probability_of(text), probability_of(text)) for text in texts]

        return replace(compiled, reference=SimpleNamespace(predict=predict))

    return make


def by_hash(text):
    """A probability from 0.5 to 1 that the text alone decides, spread evenly."""
    return 0.5 + int(text_sha256("p" + text)[:8], 16) / 2**33


def test_a_file_is_read_as_other_texts_are(tmp_path):
    lines, table = tmp_path / "foreign.txt", tmp_path / "foreign.csv"
    lines.write_bytes(b"\xef\xbb\xbfone, two\r\n\n  \nthree\none, two\n")
    table.write_text('id,text\n1,"one, two"\n2,\n3,three\n')
    for path in (lines, table):
        assert read_foreign_texts(path, 0.1) == ForeignTexts(0.1, path.name, ("one, two", "three"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"",
            r"foreign\.txt: 0 distinct texts with a word that the model knows are too few for --reject 0\.1; expected 100",
        ),
        (b"the film\n" * 500, r"foreign\.txt: 1 distinct texts with a word that the model knows are too few"),
        (b"qzx\nxqz\nthe film\n", r"1 distinct texts with a word that the model knows, and 2 without one, are too few"),
        (b"\x00\xff\xfe\x80", r"foreign\.txt: line 1: byte 1 \(0xff\) is not UTF-8"),
        ("the film\n".encode("utf-16"), r"foreign\.txt: starts with the byte order mark of UTF-16"),
    ],
)
def test_files_that_cannot_choose(tmp_path, compiled, content, message):
    path = tmp_path / "foreign.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        choose_threshold(compiled, read_foreign_texts(path, 0.1))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"missing\.txt: not found; expected a file"):
        read_foreign_texts(tmp_path / "missing.txt", 0.1)


@pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, float("nan"), float("inf")])
def test_a_rate_is_a_share(rate):
    with pytest.raises(InputError, match=r"^--reject is .*, expected a share above 0 and below 1, such as 0\.05$"):
        ForeignTexts(rate, "foreign.txt", TEXTS)


@pytest.mark.parametrize(("rate", "least"), [(0.05, 200), (0.01, 1000), (0.3, 40), (0.9, 40)])
def test_how_many_texts_are_needed(answering, rate, least):
    with pytest.raises(InputError, match=f"expected {least:,} at least"):
        choose_threshold(answering(by_hash), ForeignTexts(rate, "foreign.txt", TEXTS[:39]))


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.25, 0.5])
def test_the_smallest_threshold_that_holds_the_rate_on_one_half(answering, rate):
    told = []
    foreign = ForeignTexts(rate, "foreign.txt", (*TEXTS, "qzx", "xqz"))
    chosen = choose_threshold(answering(by_hash), foreign, lambda *done: told.append(done))
    known = sorted(TEXTS, key=text_sha256)
    half, fresh = known[: len(known) // 2], tuple(known[len(known) // 2 :])
    assert (chosen.chosen_on, chosen.fresh, chosen.without_words) == (len(half), fresh, 2)
    assert told[-1] == (len(half), len(half))
    scores = sorted(float32(by_hash(text)) for text in half)
    accepted = [score for score in scores if score >= chosen.reject_below]
    assert chosen.accepted == len(accepted) == int(rate * len(half))
    rejected = scores[len(scores) - len(accepted) - 1]
    assert rejected < chosen.reject_below < accepted[0]  # one text more would be too many
    assert chosen.reject_below == float32((rejected + accepted[0]) / 2)


def test_the_order_of_the_file_does_not_matter(answering):
    model = answering(by_hash)
    one = choose_threshold(model, ForeignTexts(0.1, "a.txt", TEXTS))
    assert choose_threshold(model, ForeignTexts(0.1, "a.txt", TEXTS[::-1])) == one


@pytest.mark.parametrize("probability", [0.5, 0.75, 1.0, float("nan")])
def test_texts_that_are_all_alike_have_no_threshold(answering, probability):
    with pytest.raises(
        InputError, match=r"no threshold accepts 0\.1 of these texts: 108 of 108 have the same probability"
    ):
        choose_threshold(answering(lambda _: probability), ForeignTexts(0.1, "foreign.txt", TEXTS))


def test_more_certain_texts_than_the_rate_have_no_threshold(answering):
    certain = answering(lambda text: 1.0 if "film" in text else by_hash(text))
    with pytest.raises(
        InputError, match=r"no threshold accepts 0\.1 of these texts: \d+ of 108 have the same probability 1;"
    ):
        choose_threshold(certain, ForeignTexts(0.1, "foreign.txt", TEXTS))


def test_neighbours_among_the_float32_are_told_apart(answering):
    low, high = float32(0.75), float32(0.75 + 2**-24)
    assert low < high
    first = set(sorted(TEXTS, key=text_sha256)[:10])
    chosen = choose_threshold(answering(lambda text: high if text in first else low), ForeignTexts(0.1, "a", TEXTS))
    assert (chosen.reject_below, chosen.accepted) == (high, 10)


def test_the_score_is_a_float32():
    assert score_of((0.3, 0.7)) == float32(0.7)
    assert score_of((float("nan"), 0.7)) == 0.0


def test_what_is_recorded(answering):
    model = answering(by_hash)
    foreign = ForeignTexts(0.1, "foreign.txt", (*TEXTS, "qzx"))
    chosen = choose_threshold(model, foreign)
    decision = Decision((), chosen.reject_below)

    def golden(suite, text, probability):
        return Golden(suite, text, text, 1, (), (1 - probability, probability), None)

    fresh = [golden("foreign", text, by_hash(text)) for text in chosen.fresh]
    own = [golden("held_out", "the film", 0.99), golden("held_out", "a", 0.51), golden("held_out", "qzx", 0.99)]
    rejection = rejection_of(model.final, foreign, chosen, decision, [*own, *fresh, golden("edge", "", 0.5)])
    assert rejection == Rejection(
        rate=0.1,
        foreign="foreign.txt",
        chosen_on=108,
        accepted=10,
        fresh=108,
        fresh_accepted=sum(float32(by_hash(text)) >= chosen.reject_below for text in chosen.fresh),
        own_suite="held_out",
        own=3,
        own_rejected=2,
        without_words=1,
    )


def test_a_rate_that_fresh_texts_miss_is_a_finding():
    held = Rejection(0.05, "foreign.txt", 200, 10, 200, 16, "held_out", 9, 0, 0)
    assert rejection_findings(None) == rejection_findings(held) == ()
    [finding] = rejection_findings(replace(held, fresh_accepted=40))
    assert finding == (
        "rejection: 40 of 200 fresh foreign texts were accepted (15.0% to 26.1%), expected 5.0%; give more foreign texts"
    )
