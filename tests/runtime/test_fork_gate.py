"""A fork waits for the answers of other threads, and they wait for the fork; a child answers on every engine."""

import os
import subprocess
import sys
import threading

import pytest

from drupelet.fork_gate import ForkGate

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

CHILD_SECONDS = 20
"""A child that hangs is killed after this time."""

FORK_WHILE_OTHERS_ANSWER = """
import os, signal, sys, threading, time, warnings
import drupelet

warnings.simplefilter("ignore")  # Python 3.12 warns of every fork with threads
bundle, engine, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
classifier = drupelet.load(bundle, engine, threads=threads)
texts = ["a good film " * 200, "bad"] * 40  # enough that the kernel starts threads
expected = classifier.predict(texts)
done = False
answered = []

def work():
    while not done:
        answered.append(classifier.predict(texts) == expected)

workers = [threading.Thread(target=work) for _ in range(2)]
for worker in workers:
    worker.start()
failed = []
for number in range(8):
    time.sleep(0.004 * number)
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        os._exit(0 if classifier.predict(texts) == expected and classifier("bad") == expected[1] else 3)
    status = os.waitpid(child, 0)[1]
    if status:
        failed.append(status)
        break  # one child that hangs says enough
before = len(answered)
while len(answered) < before + 4 and not failed:  # the threads of the parent go on
    time.sleep(0.001)
done = True
for worker in workers:
    worker.join()
print(failed, all(answered))
""".replace("SECONDS", str(CHILD_SECONDS))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_child_answers_whatever_other_threads_did_at_the_fork(full_bundle_folder, engine_name, threads):
    command = [sys.executable, "-c", FORK_WHILE_OTHERS_ANSWER, str(full_bundle_folder), engine_name, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=4 * CHILD_SECONDS, check=False)
    assert (done.stdout, done.returncode) == ("[] True\n", 0), done.stderr


def started(function):
    """A thread that runs the function."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_a_fork_waits_for_who_is_inside():
    gate, inside, leave = ForkGate(), threading.Event(), threading.Event()

    def work():
        with gate:
            inside.set()
            leave.wait()

    worker = started(work)
    inside.wait()
    fork = started(gate.before_fork)
    fork.join(0.05)
    assert fork.is_alive()
    leave.set()
    fork.join(10)
    worker.join(10)
    assert not fork.is_alive()
    assert not worker.is_alive()


def test_nobody_enters_during_a_fork():
    gate, entered = ForkGate(), threading.Event()

    def work():
        with gate:
            entered.set()

    gate.before_fork()
    worker = started(work)
    assert not entered.wait(0.05)
    gate.after_fork_in_parent()
    worker.join(10)
    assert entered.is_set()


def test_a_thread_that_forks_while_it_is_inside_does_not_wait_for_itself():
    gate = ForkGate()
    with gate, gate:
        gate.before_fork()
        gate.after_fork_in_parent()
        gate.before_fork()
        gate.after_fork_in_child()
    with gate:
        pass


def test_threads_work_side_by_side():
    gate, both = ForkGate(), threading.Barrier(2)

    def work():
        with gate:
            both.wait(10)

    workers = [started(work) for _ in range(2)]
    for worker in workers:
        worker.join(10)
    assert not both.broken
