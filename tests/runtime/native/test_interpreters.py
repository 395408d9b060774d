"""The extension in several interpreters of one process: each has its own classes."""

import subprocess
import sys

import pytest

FIND = """
import importlib
for name in ("_interpreters", "_xxsubinterpreters"):
    try:
        interpreters = importlib.import_module(name)
        break
    except ImportError:
        pass
else:
    raise SystemExit(77)
"""
"""Finds the module of sub-interpreters, which has no public name before Python 3.14."""

TWO = (
    FIND
    + """
import sys
import drupelet
from drupelet.errors import FormatError

path = sys.argv[1]
code = f'''
import sys
sys.path[:0] = {sys.path!r}
import drupelet
from drupelet.errors import FormatError
classifier = drupelet.load({path!r}, engine="native")
assert type(classifier("good")) is drupelet.Prediction
try:
    from drupelet import _native
    _native.Model(b"no model", "here")
except FormatError as error:
    assert str(error).startswith("here: ")
else:
    raise AssertionError("a model of no bytes")
'''
own = drupelet.load(path, engine="native")
before = own("good")
for _ in range(3):
    other = interpreters.create()
    failed = interpreters.run_string(other, code)
    interpreters.destroy(other)
    assert failed is None, failed
    assert own("good") == before
    assert type(own("good")) is drupelet.Prediction
    try:
        drupelet._native.Model(b"no model", "here")
    except FormatError:
        pass
    else:
        raise AssertionError("a model of no bytes")
print("alike")
"""
)


@pytest.fixture
def bundle_path(native, bundle_folder):
    return bundle_folder


def test_another_interpreter_takes_no_class_of_this_one(bundle_path):
    done = subprocess.run(
        [sys.executable, "-c", TWO, str(bundle_path)], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 77:
        pytest.skip("this Python has no module of sub-interpreters")
    assert (done.returncode, done.stdout) == (0, "alike\n"), done.stderr
