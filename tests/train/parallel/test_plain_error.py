import pickle

from drupelet.errors import InputError
from drupelet_train.parallel.plain_error import plain_error
from train.parallel.made_up_tasks import OddError


def test_an_error_keeps_its_kind_and_loses_its_cause():
    error = InputError("wrong")
    error.__cause__ = OddError()
    sent = pickle.loads(pickle.dumps(plain_error(error)))  # noqa: S301 - our own
    assert (type(sent), str(sent), sent.__cause__) == (InputError, "wrong", None)


def test_an_error_that_cannot_be_sent_is_told():
    told = plain_error(OddError())
    assert (type(told), str(told)) == (RuntimeError, "OddError: odd")
