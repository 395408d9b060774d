import pytest

from drupelet_train.tuning.trial import COMPLETE, DIVERGED, PRUNED, Trial, best_trial


def trial(state, loss):
    return Trial({"units": 3}, state, {}, loss, None if loss is None else 0.5, 1.0)


def test_the_best_is_the_first_of_the_complete_ones_with_the_lowest_loss():
    over = [trial(DIVERGED, None), trial(COMPLETE, 0.5), trial(PRUNED, 0.1), trial(COMPLETE, 0.3), trial(COMPLETE, 0.3)]
    assert best_trial(over) == 3
    assert best_trial(over[:1]) is None
    assert best_trial([]) is None


@pytest.mark.parametrize(("state", "loss"), [("running", 0.5), (DIVERGED, 0.5), (COMPLETE, None), (PRUNED, None)])
def test_what_is_not_over_is_refused(state, loss):
    with pytest.raises(ValueError, match="not a finished trial"):
        trial(state, loss)
