"""Names of the files that ``drupelet train`` writes and ``drupelet export`` reads; docs/format.md describes the run folder."""

RECORD = "run.json"
MODEL = "model.keras"
VOCABULARY = "vocabulary.json"
