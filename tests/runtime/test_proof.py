"""A verdict claims no more than was compared, and says how to have the rest checked."""

import pytest

from drupelet.errors import FormatError
from drupelet.proof import HOW_TO_CHECK, MAX_REFERENCE_CHARACTERS, advice, check_proof, claim


def test_a_proof_from_the_text_on():
    assert claim("text") == "answers like Keras from the text on"
    assert claim("text", "answers.csv (300 texts)") == (
        "answers like Keras from the text on, compared with answers.csv (300 texts)"
    )
    assert advice("text") is None


@pytest.mark.parametrize("proof", ["ids", None, "", "TEXT"])
def test_anything_else_claims_the_ids_only(proof):
    assert claim(proof, "the owner") == "answers like Keras from the ids on; text to ids was not checked"
    assert advice(proof) == HOW_TO_CHECK
    assert "--answers FILE" in HOW_TO_CHECK
    assert "--reference FILE.py:function" in HOW_TO_CHECK


@pytest.mark.parametrize("reference", ["the training run", "\u732b.csv", "x" * MAX_REFERENCE_CHARACTERS])
def test_a_reference_is_one_line(reference):
    check_proof("text", reference)
    check_proof("ids", reference)


@pytest.mark.parametrize(
    ("proof", "reference", "message"),
    [
        ("all", "me", r"^proof 'all', expected one of text, ids; export it again$"),
        ("text", "", "^reference '', expected one line of at most 200 characters that says who gave the answers"),
        ("text", "x" * 201, "^reference 'x+, expected one line of at most 200 characters"),
        ("ids", "a\nb", r"^reference 'a\\nb', expected one line"),
        ("ids", "\ud800", r"^reference '\\ud800', expected one line"),
    ],
)
def test_another_proof_or_reference_is_refused(proof, reference, message):
    with pytest.raises(FormatError, match=message):
        check_proof(proof, reference)
