"""SIGTERM and SIGINT stop a server, SIGHUP has it load its models again, and all is as before behind the block."""

import os
import signal

import pytest

from drupelet.serve.stop_signals import StopSignals

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGTERM, "stop"), (signal.SIGINT, "stop"), (signal.SIGHUP, "hang up")]
)
def test_what_a_signal_does(number, said):
    heard = []
    before = signal.getsignal(number)
    with StopSignals(lambda: heard.append("stop"), lambda: heard.append("hang up")):
        os.kill(os.getpid(), number)
        assert heard == [said]
        assert (signal.getsignal(number) == signal.SIG_DFL) == (said == "stop")  # a second one ends the process
    assert signal.getsignal(number) == before
