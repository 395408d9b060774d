"""Names of the files that ``drupelet train`` writes and ``drupelet export`` reads; docs/format.md describes the run folder."""

RECORD = "run.json"
MODEL = "model.keras"
VOCABULARY = "vocabulary.json"
STUDY_RECORD, TRIALS = "tuning.json", "trials"
"""The record of a tuning study, and the folder in which the run of its best trial has the trial's number as its name."""
