"""Where the libraries of training cannot be loaded, a sentence says so."""

import subprocess
import sys

import pytest

from drupelet_train.library_import import LibraryUnavailableError, libraries_loading


@pytest.mark.parametrize(
    "error",
    [
        ImportError("no segment\nmore"),
        SystemError("no segment"),
        MemoryError("no segment"),
        AttributeError("no segment"),
    ],
)
def test_whatever_a_library_raises_while_it_is_loaded_is_told(error):
    message = rf"^Keras, TensorFlow and scikit-learn cannot be loaded \({type(error).__name__}: no segment\); give the process"
    with pytest.raises(LibraryUnavailableError, match=message), libraries_loading():
        raise error


@pytest.mark.parametrize("megabytes", [600, 1500])
def test_train_in_little_memory_ends_in_a_sentence(tmp_path, tiny_csv, megabytes):
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({megabytes << 20},) * 2)\n"
        "from drupelet.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "train", "--data", tiny_csv, "--out", tmp_path / "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "drupelet train: Keras, TensorFlow and scikit-learn cannot be loaded (" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
