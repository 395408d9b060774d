import pydoc
import re
import subprocess
import sys

import pytest

import drupelet


def test_the_public_names_are_pinned():
    assert drupelet.__all__ == [
        "Bundle",
        "BundleReplacedError",
        "Classifier",
        "DrupeletError",
        "EngineStatus",
        "EngineUnavailableError",
        "FormatError",
        "InputError",
        "IntegrityError",
        "OutOfMemoryError",
        "Prediction",
        "SignatureError",
        "Verification",
        "VersionError",
        "__version__",
        "engines",
        "load",
        "open_bundle",
        "verify",
    ]
    assert all(hasattr(drupelet, name) for name in drupelet.__all__)


def test_the_public_names_are_listed_before_they_are_used():
    code = "import drupelet; print(*(set(drupelet.__all__) - set(dir(drupelet))))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "\n"


def test_help_shows_every_public_name():
    shown = pydoc.render_doc(drupelet, renderer=pydoc.plaintext)
    for name in set(drupelet.__all__) - {"__version__"}:  # which pydoc calls VERSION
        assert name in shown
        assert pydoc.render_doc(getattr(drupelet, name), renderer=pydoc.plaintext)


def test_a_name_that_drupelet_lacks():
    with pytest.raises(AttributeError, match=r"^module 'drupelet' has no attribute 'predict'$"):
        drupelet.predict  # noqa: B018


@pytest.mark.parametrize(
    "first", ["", "import drupelet.engines", "from drupelet.engines import ENGINES", "drupelet.load"]
)
def test_engines_is_the_function_whatever_was_imported_before(first):
    code = f"import drupelet\n{first}\nfrom drupelet import engines\nprint(engines.__module__, drupelet.engines is engines)"
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said == "drupelet.availability True\n"


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert drupelet.__version__ == version("drupelet")
    assert re.fullmatch(r"\d+\.\d+\.\d+", drupelet.__version__)


def test_every_error_is_a_drupelet_error():
    for name in drupelet.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(drupelet, name), drupelet.DrupeletError)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 does not list the modules of its library")
def test_importing_drupelet_imports_nothing_but_the_standard_library():
    code = "import sys, drupelet, drupelet.cli.main; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    before = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    after = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    new = set(after.stdout.decode().split()) - set(before.stdout.decode().split())
    assert {name for name in new if name not in sys.stdlib_module_names} == {"drupelet"}
