import os
import sys

import pytest

from drupelet.engines.foreign_library import import_library
from drupelet.engines.telemetry import SWITCHES

VARIABLE, _ = SWITCHES["onnxruntime"]
SENDS = f"""
import os
at_import = os.environ.get({VARIABLE!r})
stopped = 0

def disable_telemetry_events():
    global stopped
    stopped += 1
"""


@pytest.fixture
def onnxruntime(fake_library, monkeypatch):
    """A function that imports a onnxruntime that tells what it saw, with the variable set to a value, or not at all."""

    def imported(value=None):
        # The first line has monkeypatch remember the value of before, which import_library changes behind its back.
        monkeypatch.setenv(VARIABLE, "remembered")
        monkeypatch.delenv(VARIABLE) if value is None else monkeypatch.setenv(VARIABLE, value)
        fake_library("onnxruntime", SENDS)
        return import_library("onnxruntime")

    return imported


def test_telemetry_is_off_before_onnxruntime_is_imported_and_stopped_after(onnxruntime):
    library = onnxruntime()
    assert library.at_import == "1"
    assert library.stopped == 1


@pytest.mark.parametrize(("value", "stopped"), [("0", 0), ("1", 1), ("yes", 1)])
def test_the_variable_of_the_user_stays_as_it_is(onnxruntime, value, stopped):
    library = onnxruntime(value)
    assert library.at_import == os.environ[VARIABLE] == value
    assert library.stopped == stopped


def test_a_program_that_imported_onnxruntime_first_has_its_events_stopped(onnxruntime, monkeypatch):
    library = onnxruntime("0")
    monkeypatch.delenv(VARIABLE)
    assert import_library("onnxruntime") is library
    assert library.stopped == 1
    assert (
        VARIABLE not in os.environ
    )  # it would change nothing in this process, and what it starts is the program's affair


def test_a_release_without_the_function_is_no_error(fake_library):
    fake_library("onnxruntime", "")
    assert import_library("onnxruntime") is sys.modules["onnxruntime"]
