from dataclasses import fields

import pytest

from drupelet_train.config import RANGES, TrainConfig
from drupelet_train.tuning.search_space import SEARCHED, Interval, search_space

PLENTY = {"vocabulary_size": 100_000, "max_tokens": 3_000}


def test_the_searched_settings_are_settings_with_a_range():
    assert set(SEARCHED) <= {field.name for field in fields(TrainConfig)} & RANGES.keys()


def test_the_space_lies_around_the_base():
    assert search_space(TrainConfig(), PLENTY) == {
        "learning_rate": Interval(0.001, 0.016, True),
        "units": Interval(32, 128, True),
        "dropout": Interval(0.0, 0.6, False),
        "word_dropout": Interval(0.0, 0.5, False),
        "vocabulary_size": Interval(5_000, 40_000, True),
        "max_tokens": Interval(100, 800, True),
    }


def test_a_small_corpus_is_searched_as_far_as_it_goes():
    space = search_space(TrainConfig(), {"vocabulary_size": 502, "max_tokens": 30})
    assert space["vocabulary_size"] == Interval(126, 502, True)
    assert space["max_tokens"] == Interval(8, 30, True)


def test_an_unusual_base_is_part_of_the_space():
    base = TrainConfig(dropout=0.7123, word_dropout=0, units=1, learning_rate=0.00123456)
    space = search_space(base, {"vocabulary_size": 3, "max_tokens": 1})
    assert space["dropout"] == Interval(0.0, 0.712, False)
    assert space["units"] == Interval(1, 2, True)
    assert (space["vocabulary_size"], space["max_tokens"]) == (Interval(3, 3, True), Interval(1, 1, True))
    assert space["learning_rate"].low < base.learning_rate < space["learning_rate"].high


@pytest.mark.parametrize("end", [0, 1])
def test_every_end_makes_a_configuration(end):
    for key in RANGES.keys() & SEARCHED.keys():
        base = TrainConfig(**{key: RANGES[key][end]})
        for interval in (search_space(base, PLENTY), search_space(base, {"vocabulary_size": 3, "max_tokens": 1})):
            for setting, ends in interval.items():
                TrainConfig(**{setting: ends.low})
                TrainConfig(**{setting: ends.high})


def test_numbers_are_rounded_within_the_interval():
    interval = Interval(0.001, 0.016, True)
    assert interval.rounded(0.00456789) == 0.00457
    assert interval.rounded(0.0159999) == 0.016
    assert Interval(1, 2_000, True).rounded(1_234) == 1_234


def test_beyond_the_ends_is_the_end():
    interval = Interval(2, 5, True)
    assert [interval.clip(value) for value in (1, 2, 4, 6)] == [2, 2, 4, 5]


@pytest.mark.parametrize("wrong", [(2, 1, False), (0, 1, True), (1, 2.0, False), (float("nan"), 1.0, False)])
def test_what_is_no_interval_is_refused(wrong):
    with pytest.raises(ValueError, match="no interval"):
        Interval(*wrong)
