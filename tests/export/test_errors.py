"""A verdict of many findings is shown whole."""

from drupelet.verification import Verification
from drupelet_export.errors import ParityError


def test_no_finding_is_left_out():
    findings = [f"finding {number}: {'x' * 300}" for number in range(20)]
    error = ParityError("\n  ".join(["out: not written", *findings]), Verification("out", (), tuple(findings)))
    assert str(error).splitlines()[1:] == [f"  {finding}" for finding in findings]
