"""Each fuzzer in Python runs for a while; ``make fuzz`` runs them longer. Any raw exception is a failure."""

import json
from random import Random

import pytest

from drupelet.errors import DrupeletError
from fuzz import mutations
from fuzz.python_targets import TARGETS, Finding, run

EXECUTIONS = 400
"""Takes a second or two a target."""


@pytest.mark.parametrize("name", TARGETS)
def test_every_answer_is_one_of_ours(name):
    executions, answers = run(name, seed=7, seconds=20, most=EXECUTIONS)
    assert executions > 50
    assert answers > (5 if name == "signature" else 10)  # of eight that there are


def test_a_raw_exception_is_a_finding(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(TARGETS, "raw", lambda drawn: iter([(b"input", lambda: 1 // 0)]))
    with pytest.raises(Finding, match=r"^raw, seed 1, execution 0: ZeroDivisionError"):
        run("raw", 1, 1.0)
    assert (tmp_path / "build/fuzz/raw-finding").read_bytes() == b"input"


def test_an_endless_error_is_a_finding(monkeypatch):
    class LongError(DrupeletError):
        def __str__(self):
            return "x" * 6000

    def read():
        raise LongError

    monkeypatch.setitem(TARGETS, "long", lambda drawn: iter([(b"", read)]))
    with pytest.raises(Finding, match=r"an error of 6000 characters$"):
        run("long", 1, 1.0)


def test_a_document_is_changed_without_an_end():
    """An odd value that stood in a document, was changed there and then stood in itself ended the fuzzer after 20 s."""
    odd_values, drawn = repr(mutations.ODD_VALUES), Random(5)  # noqa: S311  # drawn inputs, not secrets
    document = {"a": {"b": [1, {"c": "d"}]}}
    for _ in range(3000):
        document = json.loads(mutations.changed_document(document, drawn)) or {"a": {"b": []}}
        document = document if len(repr(document)) < 5000 and isinstance(document, dict) else {"a": {"b": [1]}}
    assert repr(mutations.ODD_VALUES) == odd_values
