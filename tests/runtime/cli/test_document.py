import json
import os
import signal

import pytest

from drupelet.cli.document import print_document
from drupelet.cli.signals import turn_into_exceptions


def test_a_document_is_printed_on_its_own(capsys):
    print_document({"a": [1, 2]})
    assert capsys.readouterr() == ('{\n "a": [\n  1,\n  2\n ]\n}\n', "")
    print_document({"a": [1, 2]}, indent=None)
    assert capsys.readouterr() == ('{"a": [1, 2]}\n', "")


def test_what_is_no_document_prints_nothing(capsys):
    with pytest.raises(TypeError):
        print_document({"a": object()})
    assert capsys.readouterr() == ("", "")


def test_a_signal_waits_until_the_document_is_written(monkeypatch, capsys):
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    turn_into_exceptions()

    class Text(str):
        def __str__(self):
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                pass
            return super().__str__()

    monkeypatch.setattr(
        "drupelet.cli.document.json.dumps", lambda document, indent: Text(json.JSONEncoder().encode(document))
    )
    try:
        with pytest.raises(KeyboardInterrupt):
            print_document({"a": 1})
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ('{"a": 1}\n', "")
