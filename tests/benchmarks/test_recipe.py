"""The comparison of settings on many data sets."""

from pathlib import Path

from benchmarks.recipe import Task, plan_of, table, tasks_of
from drupelet_train.config import TrainConfig, named_config
from drupelet_train.settings_choice import CHOSEN


def test_a_system_is_a_configuration_with_changes():
    tiny = plan_of(Task("a", "imdb-tiny units=3", 2), Path("texts"), "test")
    assert tiny.config.to_json() == {**named_config("imdb-tiny").to_json(), "units": 3, "seed": 2}
    assert (tiny.data, tiny.reading.test, tiny.open_settings) == ("texts/a/training.csv", "texts/a/test.csv", ())
    chosen = plan_of(Task("a", "chosen units=3", 1), Path("texts"), "choice")
    assert chosen.config == TrainConfig(units=3)
    assert set(chosen.open_settings) == set(CHOSEN) - {"units"}
    assert plan_of(Task("a", "default", 1), Path("texts"), "test").open_settings == ()


def test_a_baseline_is_trained_once():
    tasks = list(tasks_of(["a", "b"], ["TF-IDF", "chosen"], [1, 2]))
    assert [(task.system, task.seed) for task in tasks if task.data == "a"] == [
        ("TF-IDF", 1),
        ("chosen", 1),
        ("chosen", 2),
    ]


def test_the_table_has_means_over_seeds_and_over_the_sets_that_all_systems_know():
    rows = [
        {"data": data, "system": system, "right": right, "texts": 10}
        for data, system, right in (("a", "x", 5), ("a", "x", 7), ("a", "y", 8), ("b", "x", 1))
    ]
    lines = [line.split() for line in table(rows, ["x", "y"]).splitlines()]
    assert lines[1:] == [
        ["a", "0.6000", "(2)", "0.8000", "(1)"],
        ["b", "0.1000", "(1)"],
        ["mean", "of", "1", "0.6000", "0.8000"],
    ]
