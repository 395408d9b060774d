import pytest

from drupelet.errors import FormatError
from drupelet.proof import (
    HOW_TO_CHECK,
    HOW_TO_GIVE_TEXTS,
    IDS,
    IDS_REFERENCE,
    IDS_SENTENCE,
    MAX_REFERENCE_CHARACTERS,
    TEXT,
    advice,
    check_proof,
    claim,
    left_out_sentence,
    proof_here,
)


def test_a_proof_from_the_ids_on_never_claims_the_text():
    assert claim(IDS) == claim(IDS, "anything") == claim(None) == IDS_SENTENCE
    assert IDS_SENTENCE == "answers like Keras from the ids on; text to ids was not checked"
    assert advice(IDS) == advice(None) == HOW_TO_CHECK


def test_a_proof_from_the_text_on_says_who_gave_the_answers():
    assert claim(TEXT, "its training run") == "answers like Keras from the text on, compared with its training run"
    assert claim(TEXT) == "answers like Keras from the text on"
    assert advice(TEXT) is None


@pytest.mark.parametrize(
    "reference", ["its training run", "x" * MAX_REFERENCE_CHARACTERS, "caf\u00e9.csv (3 texts)", IDS_REFERENCE]
)
def test_a_reference_is_one_short_line(reference):
    check_proof(TEXT, reference)


@pytest.mark.parametrize(
    ("proof", "reference", "said"),
    [
        ("texts", "x", "proof 'texts', expected one of text, ids"),
        (TEXT, "", "expected one line"),
        (TEXT, "a\nb", "expected one line"),
        (TEXT, "a\u2028b", "expected one line"),
        (IDS, "x" * (MAX_REFERENCE_CHARACTERS + 1), "at most 200 characters"),
    ],
)
def test_other_proofs_and_references_are_refused(proof, reference, said):
    with pytest.raises(FormatError, match=said):
        check_proof(proof, reference)


def test_what_is_left_out_of_a_bundle_is_not_claimed():
    assert proof_here(TEXT, 0) == TEXT
    assert proof_here(TEXT, 1) == proof_here(IDS, 1) == proof_here(IDS, 0) == IDS
    assert claim(IDS, "its training run", 1) == (
        "answers like Keras from the ids on; text to ids was not checked here: 1 text is not in the bundle"
    )
    assert "1,256 texts are not in the bundle" in claim(TEXT, without_text=1256)
    assert advice(IDS, 1) == advice(TEXT, 1) == HOW_TO_GIVE_TEXTS
    assert "--texts FILE" in HOW_TO_GIVE_TEXTS
    assert left_out_sentence(256, 1279) == "256 of 1,279 texts left out: their SHA-256, ids and answers only"
