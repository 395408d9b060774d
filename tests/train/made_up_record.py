"""A record of a run that was never trained."""

from drupelet.reliability import reliability
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus_statistics import CorpusStatistics, LengthStatistics
from drupelet_train.run_record import Calibration, RunRecord
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.scores import Score

HISTORY = (
    EpochRecord(0, 0.7, 0.5, 0.65, 0.625, 2.5),
    EpochRecord(1, 0.5, 0.75, 0.45, 0.875, 2.25),
    EpochRecord(2, 0.4, 0.8, 0.475, 0.75, 2.0),
)


def made_up_record(**changes):
    config = changes.get("config", TrainConfig(teacher="ngram", padding="post"))
    record = {
        "data": "messages.csv",
        "text_rules": TrainConfig(tokenizer="alnum").text_rules(),
        "text_rules_reason": "all of the letters are a to z",
        "labels": ("bad", "good"),
        "config": config,
        "corpus": CorpusStatistics(
            sha256="ab" * 32,
            texts=24,
            parts={part: {"bad": 4, "good": 4} for part in ("training", "validation", "held_out")},
            words=60,
            words_per_text=2.5,
            tokens_per_text=LengthStatistics(2.5, 2.0, 4.5, 7),
            texts_without_tokens=0,
            texts_over_max_tokens=1,
            training_distinct_tokens=9,
            training_tokens_in_vocabulary=0.875,
            held_out_tokens_in_vocabulary=0.75,
            training_letters=200,
            dropped_letters=3,
            most_dropped={"\u00e9": 2, "\u00df": 1},
        ),
        "vocabulary_in_glove": 8,
        "vocabulary_size": 11,
        "history": HISTORY,
        "best_epoch": 1,
        "training_seconds": 6.75,
        "teacher": {"out_of_fold": Score(8, 0.75, 0.5, (0.4, 0.9)), "validation": Score(8, 0.875, 0.4, (0.5, 0.98))},
        "calibration": Calibration(
            1.25, reliability([(0.1, 0.9), (0.4, 0.6)], [1, 0]), reliability([(0.2, 0.8), (0.4, 0.6)], [1, 0])
        ),
        "validation": Score(8, 0.875, 0.45, (0.5, 0.98)),
        "held_out": Score(8, 0.75, 0.55, (0.4, 0.9)),
        "versions": {"python": "3.11.7", "keras": "3.15.1"},
    }
    return RunRecord(**{**record, **changes})
