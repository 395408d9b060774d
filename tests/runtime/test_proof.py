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
    given_bodies,
    given_bodies_in,
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


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (["att"], "; the body of layer 'att' was given by the user and was not compared with the original"),
        (["a", "b"], "; the bodies of 2 layers were given by the user and were not compared with the originals"),
        ([], ""),
    ],
)
def test_bodies_that_the_user_gave_are_a_part_of_every_claim(layers, said):
    end = given_bodies(layers)
    assert end == given_bodies_in(IDS_REFERENCE + end) == said
    assert claim(IDS, IDS_REFERENCE + end) == IDS_SENTENCE + said
    assert claim(TEXT, "its run" + end) == f"answers like Keras from the text on, compared with its run{said}"
    assert claim(IDS, IDS_REFERENCE + end, 1).endswith(f"1 text is not in the bundle{said}")
    assert given_bodies_in("the answers in a.csv (3 texts)") == given_bodies_in(None) == ""


@pytest.mark.parametrize("name", ["x" * 300, "caf\u00e9\u2028", "\U0001f600" * 20])
def test_a_reference_with_the_longest_name_of_a_layer_is_one_short_line(name):
    check_proof(IDS, IDS_REFERENCE + given_bodies([name]))
    assert given_bodies_in(IDS_REFERENCE + given_bodies([name])) == given_bodies([name])


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
