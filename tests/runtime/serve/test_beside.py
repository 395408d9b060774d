"""A server runs beside its models: what fails at their start ends it, and signals reach it."""

import os
import signal
import threading

import pytest

from drupelet.errors import InputError
from drupelet.serve.beside import run_beside_models


class Models:
    """Models that load as they are told, and are kept until they are stopped."""

    def __init__(self, problem=None):
        self.problem = problem
        self.stopped = threading.Event()

    def load_all(self):
        if self.problem:
            raise self.problem

    def keep(self):
        self.stopped.wait(30)

    def stop(self):
        self.stopped.set()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_signals_reach_the_server():
    ended, said, hung_up = threading.Event(), [], []

    def run():
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        assert ended.wait(30)

    models = Models()
    run_beside_models(models, run, ended.set, lambda: hung_up.append(True), said.append)
    assert (said, hung_up, models.stopped.is_set()) == (["ready", "stopped"], [True], True)


def test_a_model_that_cannot_be_loaded_ends_the_server():
    ended, said = threading.Event(), []
    with pytest.raises(InputError, match="no such bundle"):
        run_beside_models(
            Models(InputError("no such bundle")), lambda: ended.wait(30), ended.set, lambda: None, said.append
        )
    assert (said, ended.is_set()) == ([], True)
