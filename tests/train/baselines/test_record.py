import pytest

from drupelet.errors import FormatError
from drupelet_train.baselines.record import Baseline, Beside
from drupelet_train.json_value import JsonValue


def test_a_baseline_comes_back_from_json():
    baseline = Baseline("a", 0.5, {"held_out": Beside(100, 80, 5, 6)})
    document = baseline.to_json()
    assert Baseline.from_json(JsonValue(document, "run.json")) == baseline
    assert document["parts"]["held_out"]["difference"] == -0.01
    del document["parts"]["held_out"]["gained"]
    with pytest.raises(FormatError, match=r"run\.json: parts\.held_out"):
        Baseline.from_json(JsonValue(document, "run.json"))
