import os
import signal
import subprocess
import sys

import pytest

from drupelet.cli import signals
from drupelet.cli.signals import Terminated, held, released, turn_into_exceptions

EXCEPTIONS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated, signal.SIGHUP: Terminated}


@pytest.fixture(params=EXCEPTIONS, ids=lambda number: number.name)
def number(request):
    """A signal that ends a process; it and the others have Python's handlers, and raise exceptions, until the test ends."""
    before = {each: signal.getsignal(each) for each in EXCEPTIONS}
    for each in EXCEPTIONS:
        signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    turn_into_exceptions()
    yield request.param
    for each, handler in before.items():
        signal.signal(each, handler)
    signals._State.waiting = None


def receive(number):
    os.kill(os.getpid(), number)
    for _ in range(1000):  # Python's handler runs between two of these
        pass


def test_a_signal_is_an_exception(number):
    with pytest.raises(EXCEPTIONS[number]):
        receive(number)
    assert signal.getsignal(number) == signal.SIG_DFL  # a second one ends the process


def test_the_exception_says_which_signal_it_was():
    assert str(Terminated(signal.SIGTERM)) == "ended by SIGTERM"
    assert Terminated(signal.SIGTERM).number == signal.SIGTERM


def test_a_signal_waits_while_it_is_held(number):
    done = []

    def work():
        with held():
            receive(number)
            done.append("held")
        done.append("not reached")

    with pytest.raises(EXCEPTIONS[number]):
        work()
    assert done == ["held"]


def test_a_signal_that_is_held_comes_where_it_is_released(number):
    done = []

    def work():
        receive(number)
        done.append("held")
        with released():
            done.append("not reached")

    with held(), pytest.raises(EXCEPTIONS[number]):
        work()
    assert done == ["held"]


def test_what_is_released_may_hold_again(number):
    done = []

    def work():
        with released():
            with held():
                receive(number)
                done.append("held")
            done.append("not reached")

    with held(), pytest.raises(EXCEPTIONS[number]):
        work()
    assert done == ["held"]


def test_what_is_ignored_stays_ignored():
    code = "from drupelet.cli.signals import turn_into_exceptions as turn\nturn()\nimport os\nos.kill(os.getpid(), 1)\nprint(1)"
    done = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$0" -c "$1"', sys.executable, code],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == (b"1\n", 0)
