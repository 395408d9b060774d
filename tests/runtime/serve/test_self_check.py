import sys
import threading

import pytest

from drupelet.serve import self_check
from drupelet.serve.self_check import SelfCheckError, SelfChecks
from runtime.serve.asking import wait_until


def test_a_child_process_checks_the_goldens(classifier):
    found = SelfChecks().run(classifier)
    assert (found.texts, found.accuracy) == (9, 1.0)
    assert found.claim.startswith("answers like Keras")
    assert isinstance(found.accuracy_95, tuple)


def test_a_bundle_that_was_replaced(classifier, monkeypatch):
    monkeypatch.setattr(type(classifier.bundle.manifest), "digest", "0" * 64)
    with pytest.raises(SelfCheckError, match="was replaced while it was loaded"):
        SelfChecks().run(classifier)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit(3)", r"the process of its self-check failed \(exit status 3\)"),
        ("import os; os.abort()", r"failed \(exit status -6\)"),
        ("""print('{"failures": ["edge: off"]}')""", "does not answer like Keras on .*: edge: off; run drupelet verify"),
        ("""print('{"error": "damaged"}')""", "^damaged$"),
    ],
)  # fmt: skip
def test_a_check_that_does_not_pass(classifier, monkeypatch, program, said):
    monkeypatch.setattr(self_check, "PROGRAM", program)
    with pytest.raises(SelfCheckError, match=said):
        SelfChecks().run(classifier)


@pytest.mark.parametrize("writes_none", [True, False])
def test_a_check_writes_byte_code_where_this_process_does(classifier, monkeypatch, writes_none):
    monkeypatch.setattr(sys, "dont_write_bytecode", writes_none)
    monkeypatch.setattr(self_check, "PROGRAM", """import sys; print(f'{{"error": "{sys.dont_write_bytecode}"}}')""")
    with pytest.raises(SelfCheckError, match=f"^{writes_none}$"):
        SelfChecks().run(classifier)


def test_a_check_that_hangs(classifier, monkeypatch):
    monkeypatch.setattr(self_check, "PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(self_check, "SELF_CHECK_SECONDS", 0.2)
    with pytest.raises(SelfCheckError, match=r"a self-check took more than 0.2 s"):
        SelfChecks().run(classifier)


def test_a_process_that_cannot_be_started(classifier, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SelfCheckError, match=r"cannot be started \(No such file or directory\)"):
        SelfChecks().run(classifier)


def test_a_server_that_stops_ends_its_check(classifier, monkeypatch):
    monkeypatch.setattr(self_check, "PROGRAM", "import time; time.sleep(60)")
    checks, raised = SelfChecks(), []

    def run():
        try:
            checks.run(classifier)
        except SelfCheckError as error:
            raised.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: checks._process is not None)
    checks.stop()
    thread.join(30)
    assert len(raised) == 1
    with pytest.raises(SelfCheckError, match="no self-check begins"):
        checks.run(classifier)
