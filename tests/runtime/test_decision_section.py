"""The decision of a .drupelet file: both readers take the same files, and refuse the same."""

import pytest

import drupelet
from drupelet.decision import Decision, float32
from drupelet.decision_section import decode_decision
from drupelet.errors import FormatError
from drupelet.model_file import read_model_file
from runtime.decided_files import WRONG, decision_section, with_decision
from runtime.format_writer import model_file
from runtime.native.file_surgery import joined, parts_of, u32
from runtime.networks import SAMPLES, model_of

SEVERAL = model_file(model_of(SAMPLES["several labels"]))


@pytest.mark.parametrize(
    "decision",
    [Decision((), 0.5), Decision((0.25, 0.5), None), Decision(tuple(map(float32, (0.1, 0.7))), float32(1e-30))],
)
def test_a_decision_round_trips(decision):
    assert decode_decision(memoryview(decision_section(decision))) == decision


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"section decision ends after 0 bytes, expected 8 or more"),
        (u32(0xFFFFFFFF, 4097), r"section decision: 4097 thresholds, expected at most 4096"),
        (u32(0xFFFFFFFF, 1), r"section decision ends after 8 bytes, expected 12 or more"),
        (u32(0x3F000000, 0) + b"\0", r"section decision has 1 bytes too many"),
        (u32(0x7FC00000, 0), r"decision: threshold nan, expected a float32 above 0 and below 1"),
        (u32(0xFFFFFFFF, 1, 0xFFFFFFFF), r"decision: threshold nan, expected a float32"),
    ],
)
def test_each_field_of_the_decision_is_checked(content, message):
    with pytest.raises(FormatError, match=message):
        decode_decision(memoryview(content))


@pytest.mark.parametrize("payload", WRONG.values(), ids=WRONG)
def test_a_wrong_decision_is_refused_by_every_reader(tmp_path, drupelet_engine, payload):
    path = tmp_path / "wrong.drupelet"
    path.write_bytes(with_decision(SEVERAL, payload))
    with pytest.raises(FormatError, match=r"wrong\.drupelet: .*decision"):
        drupelet.load(path, drupelet_engine)
    with pytest.raises(FormatError, match=r"here: .*decision"):
        read_model_file(path.read_bytes(), "here")


def test_thresholds_of_a_network_of_one_answer_are_refused(tmp_path, drupelet_engine):
    path = tmp_path / "wrong.drupelet"
    path.write_bytes(
        with_decision(model_file(model_of(SAMPLES["text cnn"])), decision_section(Decision((0.5,) * 3, None)))
    )
    with pytest.raises(
        FormatError, match=r"decision: .*3 thresholds, expected 0, or reject_below alone; export it again$"
    ):
        drupelet.load(path, drupelet_engine)


def test_two_decisions_are_refused(tmp_path, drupelet_engine):
    decided = with_decision(SEVERAL, decision_section(Decision((), 0.5)))
    path = tmp_path / "two.drupelet"
    path.write_bytes(joined([*parts_of(decided), [b"other", b"DECI", 0, (), decision_section(Decision((), 0.5))]]))
    with pytest.raises(
        FormatError, match=r"two\.drupelet: .*2 sections of kind decision, expected one; export it again$"
    ):
        drupelet.load(path, drupelet_engine)
