"""The owner's function runs only when named; what it raises is shown as the owner's."""

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest

from drupelet.errors import InputError
from drupelet_export.reading.owner_function import OwnerFunction, OwnerFunctionError, load_function

LABELS = ("bad", "good")


@pytest.fixture
def function(tmp_path):
    """A function that loads ``predict`` from a file with this source."""

    def load(source, name="predict"):
        (tmp_path / "pipeline.py").write_text(source)
        return load_function(f"{tmp_path / 'pipeline.py'}:{name}")

    return load


def answering(value):
    return OwnerFunction("p.py:f", lambda texts: value, "p.py:f", "")


@pytest.mark.parametrize(
    "value", [[0.75, 0.5], [[0.75], [0.5]], [[0.25, 0.75], [0.5, 0.5]], np.array([0.75, 0.5], np.float32)], ids=str
)
def test_every_shape_of_two_classes(value):
    assert answering(value).answers(["a", "b"], LABELS) == [(0.25, 0.75), (0.5, 0.5)]


def test_its_folder_is_on_the_path(function, tmp_path):
    (tmp_path / "helper_of_the_owner.py").write_text("P = 0.75\n")
    loaded = function("import helper_of_the_owner as h\ndef predict(texts):\n    return [h.P for _ in texts]\n")
    assert loaded.answers(["a"], LABELS) == [(0.25, 0.75)]
    assert loaded.reference == "pipeline.py:predict"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0.5], r"p.py:f: returned shape \(1,\) for 2 texts, expected \(2, 2\), \(2,\) or \(2, 1\)$"),
        ([[0.1, 0.2, 0.7]] * 2, r"returned shape \(2, 3\) for 2 texts"),
        (None, r"returned None, not numbers; expected"),
        ("good", "p.py:f: returned 'good', not numbers; expected"),
        ([3.5, 0.5], r"returned \(-2.5, 3.5\) for 'a', expected probabilities from 0 to 1, not logits"),
    ],
)
def test_another_answer_is_an_error_with_what_was_expected(value, message):
    with pytest.raises(InputError, match=message):
        answering(value).answers(["a", "b"], LABELS)


def test_three_classes_need_a_probability_each():
    with pytest.raises(InputError, match=r"returned shape \(2,\) for 2 texts, expected \(2, 3\)$"):
        answering([0.5, 0.5]).answers(["a", "b"], ("x", "y", "z"))


def test_what_it_raises_is_shown_with_its_own_traceback_alone(function):
    loaded = function(
        "def predict(texts):\n    return inner(texts)\ndef inner(texts):\n    raise KeyError('my word')\n"
    )
    with pytest.raises(OwnerFunctionError) as caught:
        loaded.answers(["a"], LABELS)
    message = str(caught.value)
    assert "your own function raised; this is its traceback\nTraceback (most recent call last):" in message
    assert message.endswith("KeyError: 'my word'")
    assert "pipeline.py" in message
    assert "in inner" in message
    assert "owner_function.py" not in message


def test_no_frame_of_a_long_traceback_is_left_out(function):
    calls = "".join(f"def step_{n}(texts):\n    return step_{n + 1}(texts)  # {'x' * 80}\n" for n in range(40))
    with pytest.raises(OwnerFunctionError) as caught:
        function(f"{calls}def step_40(texts):\n    return 1 / 0\npredict = step_0\n").answers(["a"], LABELS)
    assert [n for n in range(41) if f"in step_{n}\n" not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("source", "ending"), [("1/0\n", "ZeroDivision"), ("def (\n", "SyntaxError"), ("raise SystemExit(3)\n", "SystemExit: 3")]
)  # fmt: skip
def test_a_file_that_raises(function, source, ending):
    with pytest.raises(OwnerFunctionError, match=ending) as caught:
        function(source)
    assert "importlib" not in str(caught.value)
    assert "your own file raised; this is its traceback\n" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("pipeline.py", "--reference 'pipeline.py': expected FILE.py:function, such as pipeline.py:predict"),
        ("nowhere.py:f", r"nowhere.py is not a file; expected FILE.py:function"),
        ("a.py:f()", "expected FILE.py:function"),
    ],
)
def test_another_form_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        load_function(given)


def test_a_function_that_is_not_there(function):
    with pytest.raises(InputError, match=r"pipeline.py has no function 'predcit'; it has predict$"):
        function("from pathlib import Path\nfrom json import dumps\ndef predict(texts): ...\n", "predcit")


def test_what_it_prints_does_not_mix_with_the_output(function, capsys):
    function("print('loaded')\ndef predict(texts):\n    print('asked')\n    return [0.5]\n").answers(
        ["a"], ("no", "yes")
    )
    assert capsys.readouterr() == ("", "loaded\nasked\n")


@pytest.mark.parametrize("end", ["return [0.5] * len(texts)", "raise ValueError('in both')"])
def test_a_child_that_it_forks_does_not_go_on_with_the_export(function, tmp_path, end):
    source = f"import os\ndef predict(texts):\n    if os.fork():\n        os.wait()\n    {end}\n"
    behind = tmp_path / "behind"
    with contextlib.suppress(OwnerFunctionError):
        function(source).answers(["a"], LABELS)
    with behind.open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert behind.read_text() == f"{os.getpid()}\n"


def test_nothing_is_no_answer(function):
    with pytest.raises(InputError, match=r"returned None, not numbers; expected \(1, 2\)"):
        function("def predict(texts): pass\n").answers(["a"], ("no", "yes"))


def test_the_folder_stays_whatever_it_does(function, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = function("import os\ndef predict(texts):\n    os.chdir('/')\n    return [0.5 for _ in texts]\n")
    assert loaded.answers(["a"], LABELS) == [(0.5, 0.5)]
    assert Path.cwd() == tmp_path
