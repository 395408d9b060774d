"""The proof follows from who gave the answers, and goldens carry the answers that a bundle proves."""

import pytest

from drupelet.errors import InputError
from drupelet.goldens import Golden
from drupelet.proof import IDS_REFERENCE
from drupelet_export.parity.owner_reference import (
    BATCH_TEXTS,
    LONG_TEXT_CHARACTERS,
    proof_of,
    with_owner,
    with_stored_answers,
)
from drupelet_export.reading.owner_answers import OwnerAnswers
from drupelet_export.reading.owner_function import OwnerFunction

ANSWERS = OwnerAnswers("answers.csv", ("the film", "bad"), (2, 3), ids=((0, 2, 3), (6,)))


def golden(suite, text, probabilities=(0.25, 0.75)):
    return Golden(suite, text or "empty", text, 1, (), probabilities, None)


def test_who_gave_the_answers(compiled):
    assert proof_of(compiled, None) == compiled.proof() == ("ids", IDS_REFERENCE)
    assert proof_of(compiled, ANSWERS) == ("text", "the answers in answers.csv (2 texts)")
    one = OwnerAnswers("one.csv", ("the film",), (2,), ids=((0, 2, 3),))
    assert proof_of(compiled, one) == ("text", "the answers in one.csv (1 text)")
    assert proof_of(compiled, OwnerFunction("a/p.py:f", len, "p.py:f", "")) == ("text", "p.py:f")


def test_ids_of_a_file_are_answered_by_keras(compiled):
    goldens, findings = with_owner(compiled, [golden("sampled", "good"), golden("edge", "")], ANSWERS)
    assert findings == ()
    assert [(one.suite, one.name, one.text) for one in goldens] == [
        ("answers", "line 2", "the film"), ("answers", "line 3", "bad"), ("edge", "empty", "")
    ]  # fmt: skip
    assert goldens[0].probabilities == pytest.approx(compiled.reference.predict(["the film"])[0], abs=1e-7)
    assert list(goldens[0].ids) == compiled.final.engine_ids("the film")


def test_a_function_answers_all_texts_but_lone_surrogates(compiled):
    asked = []

    def answer(texts):
        asked.append(texts)
        return [row[1] for row in compiled.reference.predict(texts)]

    texts = ["good"] * (BATCH_TEXTS + 1) + ["bad " * (LONG_TEXT_CHARACTERS // 4 + 1), "the", "\ud800 film"]
    kept = (0.125, 0.875)
    goldens = [golden("edge", text, kept if "\ud800" in text else row)
               for text, row in zip(texts, compiled.reference.predict(texts), strict=True)]  # fmt: skip
    answered, findings = with_owner(compiled, goldens, OwnerFunction("p.py:f", answer, "p.py:f", ""))
    assert findings == ()
    assert [len(batch) for batch in asked] == [BATCH_TEXTS, 1, 1, 1]
    assert answered[-1].probabilities == kept


def test_nan_is_right_where_keras_answers_it(compiled):
    nan = (float("nan"), float("nan"))
    owner = OwnerFunction("p.py:f", lambda texts: [nan] * len(texts), "p.py:f", "")
    assert with_owner(compiled, [golden("edge", "", nan)], owner)[1] == ()
    with pytest.raises(
        InputError, match=r"p.py:f: edge text 'good': returned NaN, expected probabilities: Keras gives"
    ):
        with_owner(compiled, [golden("edge", "good")], owner)


def test_stored_answers_of_a_file_come_in_front():
    stored = [golden("answers", "kept", (0.0, 1.0)), golden("edge", "")]
    found = with_stored_answers([golden("held_out", "new"), golden("sampled", "made up"), golden("edge", "")], stored)
    assert [one.suite for one in found] == ["answers", "held_out", "edge"]


def test_stored_answers_of_a_function_replace_keras_for_the_same_texts():
    stored = [golden("held_out", "same", (0.0, 1.0))]
    found = with_stored_answers([golden("held_out", "same"), golden("held_out", "other")], stored)
    assert [one.probabilities for one in found] == [(0.0, 1.0), (0.25, 0.75)]


def test_stored_answers_without_texts_are_matched_by_hash():
    stored = [golden("held_out", "same", (0.0, 1.0)).without_text()]
    found = with_stored_answers([golden("held_out", "same"), golden("held_out", "other")], stored)
    assert [(one.text, one.probabilities) for one in found] == [("same", (0.0, 1.0)), ("other", (0.25, 0.75))]


def test_a_stored_answer_gets_its_text_back_where_a_golden_has_it():
    stored = [golden("answers", text, (0.0, 1.0)).without_text() for text in ("known", "not known")]
    found = with_stored_answers([golden("held_out", "known"), golden("sampled", "made up")], stored)
    assert [(one.suite, one.text) for one in found] == [("answers", "known"), ("answers", None), ("held_out", "known")]
