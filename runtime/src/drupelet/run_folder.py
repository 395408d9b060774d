"""Names of the files that ``drupelet train`` writes and ``drupelet export`` reads; docs/format.md describes the run folder."""

RECORD = "run.json"
MODEL = "model.keras"
VOCABULARY = "vocabulary.json"
STUDY_RECORD, TRIALS = "tuning.json", "trials"
"""The record of a tuning study, and the folder in which the run of its best trial has the trial's number as its name."""
EVALUATION = "evaluation.json"
"""Figures of each label, mistakes and the learning curve."""
CURVES_PICTURE, CONFUSION_PICTURE, LEARNING_PICTURE = "curves.png", "confusion.png", "learning-curve.png"
LENGTHS_PICTURE, RELIABILITY_PICTURE = "lengths.png", "reliability.png"
PICTURES = (CONFUSION_PICTURE, LEARNING_PICTURE, CURVES_PICTURE, RELIABILITY_PICTURE, LENGTHS_PICTURE)
