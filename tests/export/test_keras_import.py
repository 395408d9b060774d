"""Where Keras or TensorFlow cannot be loaded, a sentence says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from drupelet_export.errors import KerasUnavailableError
from drupelet_export.keras_import import imported_keras

RUN = Path(__file__).parents[2] / "artifacts" / "imdb-nano-source"


@pytest.mark.parametrize(
    "error",
    [
        ImportError("no segment\nmore"),
        SystemError("no segment"),
        MemoryError("no segment"),
        AttributeError("no segment"),
    ],
)
def test_whatever_a_library_raises_while_it_is_loaded_is_told(monkeypatch, error):
    class Failing:
        def find_spec(self, name, *_):
            if name == "keras":
                raise error

    for name in [name for name in sys.modules if name.partition(".")[0] == "keras"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Failing(), *sys.meta_path])
    message = (
        rf"^Keras and TensorFlow cannot be loaded \({type(error).__name__}: no segment\); give the process more memory"
    )
    with pytest.raises(KerasUnavailableError, match=message):
        imported_keras()


@pytest.mark.parametrize("megabytes", [600, 1500])
def test_export_in_little_memory_ends_in_a_sentence(tmp_path, megabytes):
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({megabytes << 20},) * 2)\n"
        "from drupelet.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "export", RUN, "--out", tmp_path / "bundle"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    # Which library notices first depends on how much the threads of TensorFlow have taken by then.
    sentences = ("drupelet export: Keras and TensorFlow cannot be loaded (", "drupelet export: memory does not suffice")
    assert any(sentence in done.stderr for sentence in sentences)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "bundle").exists()
