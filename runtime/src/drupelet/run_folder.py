"""Names of the files in a run folder that ``drupelet train`` writes and ``drupelet export`` reads; docs/format.md has them all."""

RECORD = "run.json"
MODEL = "model.keras"
VOCABULARY = "vocabulary.txt"
