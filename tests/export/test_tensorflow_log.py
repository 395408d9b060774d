"""The stderr output of native libraries is shown only when it explains a failure."""

import logging
import os
import sys

import pytest

from drupelet_export.tensorflow_log import tensorflow_log_on_failure


def test_nothing_is_shown_when_the_block_succeeds(capfd):
    with tensorflow_log_on_failure():
        os.write(2, b"I0000 oneDNN custom operations are on\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


@pytest.mark.parametrize("error", [ValueError("refused"), KeyboardInterrupt()], ids=repr)
def test_everything_is_shown_when_the_block_raises(capfd, error):
    with pytest.raises(type(error)), tensorflow_log_on_failure():  # noqa: PT012
        os.write(2, b"E0000 the reason\n")
        raise error
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "E0000 the reason\nafter\n"


def test_python_writes_to_stderr_are_kept_back_in_order(capfd):
    with pytest.raises(ValueError, match="refused"), tensorflow_log_on_failure():  # noqa: PT012
        print("from Python", file=sys.stderr, flush=True)
        os.write(2, b"from C\n")
        raise ValueError("refused")
    assert capfd.readouterr().err.splitlines()[-1] == "from C"


def test_the_level_of_the_logger_comes_back():
    logger = logging.getLogger("tensorflow")
    before = logger.level
    with tensorflow_log_on_failure():
        assert logger.level == logging.ERROR
    assert logger.level == before


def test_it_can_be_nested(capfd):
    with tensorflow_log_on_failure(), tensorflow_log_on_failure():
        os.write(2, b"inner\n")
    assert capfd.readouterr().err == ""
