from drupelet_export.model.sample_texts import sample_texts
from drupelet_export.parity.known_texts import samples_of, text_rules_shown
from drupelet_export.parity.reference_texts import HeldOut
from drupelet_export.reading.owner_answers import OwnerAnswers


def test_texts_that_the_owner_answered_go_before_held_out_ones(tmp_path):
    held_out = HeldOut(("held out",), (0,))
    answers = OwnerAnswers("answers.csv", ("answered",), (2,), ((0.5, 0.5),), None)
    assert samples_of(held_out, answers) == ("answered",)
    assert samples_of(held_out, None) == ("held out",)
    assert samples_of(None, None) == ()


def test_without_texts_some_are_drawn(compiled):
    block = text_rules_shown(compiled, ())
    assert block.count("\n  text ") == 5
    assert sample_texts(compiled.read)[0][:20] in block
    assert all(f"  {finding}" in block for finding in compiled.findings)
    assert "  computed: tokens alone, because whatever reads them knows the mask: 'embedding" in block
