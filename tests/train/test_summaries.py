import json
from dataclasses import replace
from pathlib import Path

import pytest

from drupelet.errors import FormatError
from drupelet.labelled_rows import Columns
from drupelet_train import summaries
from drupelet_train.baselines.record import Baseline, Beside
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.reading import Reading
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.study_record import StudyRecord
from drupelet_train.tuning.trial import COMPLETE, Trial
from train.made_up_record import made_up_record

LEVEL, WORSE, BETTER = ((100, 80, 5, 6), (100, 90, 1, 20), (100, 40, 45, 1))


@pytest.mark.parametrize(
    ("counts", "several", "said"),
    [
        (
            (BETTER, WORSE),
            False,
            "the network is not better: TF-IDF regression is 19.0 (10.4 to 26.9) points better; next: take ",
        ),
        (
            (BETTER, LEVEL),
            False,
            "is not shown to be better than TF-IDF regression (difference -1.0 (-7.6 to 5.7) points); next",
        ),
        ((BETTER, (10_000, 5, 1, 3)), False, "(difference 0.0 (-0.1 to 0.0) points)"),
        (
            (BETTER, (100, 100, 0, 0)),
            False,
            "the network and TF-IDF regression are right on every text; next: score texts that",
        ),
        ((BETTER, BETTER), False, "the network is better than each of them"),
        ((BETTER, WORSE), True, "points better; next: take that, or search settings with --tune 20"),
    ],
)
def test_what_the_baselines_say_is_said_plainly(counts, several, said):
    names = ("largest class", "TF-IDF regression")
    baselines = tuple(
        Baseline(name, 0.5, {"held_out": Beside(*each), "validation": Beside(*BETTER)})
        for name, each in zip(names, counts, strict=True)
    )
    record = made_up_record(baselines=baselines, reading=Reading(Columns(several=several)))
    summary = summaries.summary(Path("run"), record)
    assert said in summary
    assert "--set teacher=ngram" not in summary  # it has one
    untaught = summaries.summary(Path("run"), replace(record, config=TrainConfig(padding="post")))
    assert ("--set teacher=ngram" in untaught) == (("next: take" in said and not several) or "difference" in said)


def evaluation(labels, curve=None):
    """An evaluation of labels, each with its F1; most often the first of them is answered the second."""
    classes = [{"label": label, "texts": 7, "f1": f1} for label, f1 in labels.items()]
    confusions = [{"label": classes[0]["label"], "answered": classes[1]["label"], "texts": 3}]
    return {"parts": {"validation": {"classes": classes, "confusions": confusions}}, "learning_curve": curve}


CURVE = {"classifier": "TF-IDF regression", "gain_of_last_doubling": 0.021, "points": [{"accuracy": 0.8}]}
HELPS, NOT_SHOWN = {**CURVE, "gain_interval_95": [0.004, 0.04]}, {**CURVE, "gain_interval_95": [-0.01, 0.05]}


DOUBLED = "the last doubling of the texts brought the TF-IDF regression"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            evaluation({"a": 0.5, "b": 0.25, "c": 1.0}),
            ["the weakest label is b: F1 0.250, 7 texts; most often a is answered b (3 texts)"],
        ),
        (evaluation({"a": 0.5, "b": 0.25}), []),
        (evaluation({"a": 1.0, "b": 1.0, "c": None}), []),
        (evaluation({"a": 1.0, "b": 1.0}, HELPS), [f"{DOUBLED} 2.1 (0.4 to 4.0) points: more texts would help"]),
        (
            evaluation({"a": 1.0, "b": 1.0}, NOT_SHOWN),
            [f"{DOUBLED} 2.1 (-1.0 to 5.0) points: whether more texts would help is not shown"],
        ),
        (evaluation({"a": 1.0, "b": 1.0}, {**HELPS, "points": [{"accuracy": 1.0}]}), []),
    ],
)
def test_what_stands_out_is_said(tmp_path, document, said):
    (tmp_path / "evaluation.json").write_text(json.dumps(document))
    last = f"each label, mistakes and pictures: drupelet report {tmp_path} --out report.html"
    assert summaries.judged_lines(tmp_path) == [*said, last]


@pytest.mark.parametrize("document", [{}, {"parts": {}}, {"parts": [1]}, {"parts": {"validation": None}}])
def test_a_damaged_judgement_is_named(tmp_path, document):
    (tmp_path / "evaluation.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=r"evaluation\.json: not the evaluation of a run: .*; train again"):
        summaries.judged_lines(tmp_path)


def test_a_run_of_an_older_release_has_no_judgement(tmp_path):
    assert summaries.judged_lines(tmp_path) == []


def test_the_next_command_of_a_study_reads_its_data_alike(tmp_path):
    trial = Trial({"units": 24}, COMPLETE, {0: 0.5}, 0.5, 0.5, 1.0)
    reading = Reading(Columns(group="the film", several=True))
    record = StudyRecord("a b.csv", TrainConfig(), {"units": Interval(1, 2, True)}, 9, (trial,), {}, reading)
    said = summaries.tuning_summary(Path("study"), record)
    assert (
        "next: drupelet train --data 'a b.csv' --group-column 'the film' --multi-label --config study/best.toml" in said
    )


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 seconds"), (6.4, "6 seconds"), (119.0, "119 seconds"), (150.0, "2.5 minutes")]
)
def test_times_are_shown_in_the_unit_that_suits_them(seconds, shown):
    assert summaries._duration(seconds) == shown
