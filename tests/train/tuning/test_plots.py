import pytest

from drupelet_train.tuning.plots import plot_tuning
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.trial import COMPLETE, DIVERGED, PRUNED, Trial

PNG = b"\x89PNG\r\n\x1a\n"
SPACE = {"units": Interval(8, 32, True), "dropout": Interval(0.0, 0.6, False), "max_tokens": Interval(5, 5, True)}


def tried(state, loss, units=16):
    settings = {"units": units, "dropout": 0.1, "max_tokens": 5}
    return Trial(settings, state, {}, loss, None if loss is None else 0.9, 1.0)


@pytest.mark.parametrize(
    "over",
    [
        [tried(COMPLETE, 0.3)],
        [tried(DIVERGED, None), tried(PRUNED, 0.2), tried(COMPLETE, 0.3)],
        [tried(COMPLETE, 0.3), tried(COMPLETE, 0.31, 8), tried(COMPLETE, 9.0, 32), tried(PRUNED, 0.5, 9)],
    ],
)
def test_a_study_becomes_a_picture(tmp_path, over):
    plot_tuning(tmp_path / "tuning.png", over, SPACE)
    assert (tmp_path / "tuning.png").read_bytes().startswith(PNG)


def test_a_study_without_a_complete_trial_has_no_picture(tmp_path):
    with pytest.raises(ValueError, match="no trial is complete"):
        plot_tuning(tmp_path / "tuning.png", [tried(PRUNED, 0.2)], SPACE)
