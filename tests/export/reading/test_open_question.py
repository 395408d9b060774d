"""The sentence of an open question."""

from drupelet_export.errors import ModelError
from drupelet_export.reading.open_question import OpenQuestionError, Question, Reading

READINGS = (Reading("--keep head", "the head", "'a b' -> 'a'"), Reading("--keep tail", "the tail"))
KEEP = Question("longer texts", "nobody says it", READINGS)


def test_questions_are_numbered_and_say_their_options():
    error = OpenQuestionError("m.keras", [KEEP, KEEP])
    assert isinstance(error, ModelError)
    assert error.questions == (KEEP, KEEP)
    assert str(error).splitlines() == [
        "m.keras: 2 questions are open on how a text becomes ids; give an option for each, as the model was trained:",
        "  1. longer texts: nobody says it",
        "    --keep head: the head; 'a b' -> 'a'",
        "    --keep tail: the tail",
        "  2. longer texts: nobody says it",
        "    --keep head: the head; 'a b' -> 'a'",
        "    --keep tail: the tail",
    ]
    assert str(OpenQuestionError("m", [KEEP])).startswith("m: a question is open on")


def test_every_reading_of_many_questions_is_shown():
    questions = [KEEP] * 5 + [
        Question("words", "nobody says it", tuple(Reading(f"--x {n}", "y" * 200) for n in range(20)))
    ]
    shown = str(OpenQuestionError("m.keras", questions))
    assert "[...]" not in shown
    assert shown.count("    --") == 5 * len(KEEP.readings) + 20
