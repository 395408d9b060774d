import builtins
import signal
import subprocess
import sys

import pytest

from drupelet.cli.serve import LIMITS
from drupelet.serve.requests import Limits
from runtime.networks import GOLDEN_BUNDLE
from runtime.signer import key_line


def refused(run, *arguments):
    status, out, err = run("serve", *arguments)
    assert (status, out) == (2, "")
    return err


def test_every_limit_has_an_option():
    assert set(LIMITS) == set(Limits.__annotations__)
    assert all(1 <= getattr(Limits, name) <= largest for name, (_, largest) in LIMITS.items())


@pytest.mark.parametrize(
    "option", ["--max-texts", "--max-body-bytes", "--max-seconds", "--max-connections", "--threads"]
)
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "99999999999", "\u0663"])
def test_a_limit_that_is_none(run, option, value):
    assert f"argument {option}: {value!r} is no number from 1 to " in refused(run, "x", f"{option}={value}")


@pytest.fixture
def waitress():
    """The library; skips where it is not installed."""
    return pytest.importorskip("waitress")


def test_other_machines_need_a_token_or_a_word(run, waitress):
    err = refused(run, GOLDEN_BUNDLE, "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert err == (
        "drupelet serve: 0.0.0.0 can be reached from other machines; give --token-file FILE, so that clients need a token, or "
        "--open, so that anybody may ask\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--wyoming"], "--wyoming needs the languages of the texts, such as --language en: Home Assistant offers"),
        (["--language", "en"], "--language and --threshold belong to --wyoming"),
        (["--threshold", "0.2"], "--language and --threshold belong to --wyoming"),
        (["--wyoming", "--language", "en", "--token-file", "x"], "the Wyoming protocol has no tokens"),
        (
            ["--wyoming", "--language", "en", "--host", "0.0.0.0"],  # noqa: S104
            "0.0.0.0 can be reached from other machines; give --open",
        ),
    ],
)
def test_options_of_the_two_protocols(run, arguments, message):
    assert refused(run, GOLDEN_BUNDLE, "--port", "0", *arguments).startswith(f"drupelet serve: {message}")


@pytest.mark.parametrize("share", ["-0.1", "1.1", "x", "nan"])
def test_a_threshold_that_is_none(run, share):
    assert f"argument --threshold: '{share}' is no number from 0 to 1" in refused(run, "x", f"--threshold={share}")


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none(run, port):
    assert "argument --port: " in refused(run, "x", f"--port={port}")


def test_a_bundle_that_is_not_there(run, waitress, tmp_path):
    err = refused(run, tmp_path / "none", "--port", "0")
    assert err.splitlines()[-1].startswith(f"drupelet serve: {tmp_path / 'none'}: not found; expected a bundle folder")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_bundle_that_answers_otherwise(run, waitress, bundle_copy, replace_file, usable_engines):
    goldens = (bundle_copy / "goldens.jsonl").read_text().replace('"label": 0', '"label": 1').replace("0.7", "0.2")
    replace_file(bundle_copy, "goldens.jsonl", goldens.encode())
    before = signal.getsignal(signal.SIGTERM)
    status, _, err = run("serve", bundle_copy, "--port", "0")
    assert status == 1
    assert "does not answer like Keras on" in err.splitlines()[-1]
    assert signal.getsignal(signal.SIGTERM) == before


def test_without_waitress_it_says_what_to_install(run, monkeypatch):
    def without(name, *arguments, **options):
        if name.partition(".")[0] == "waitress":
            raise ModuleNotFoundError("No module named 'waitress'")
        return imported(name, *arguments, **options)

    imported = builtins.__import__
    monkeypatch.delitem(sys.modules, "drupelet.serve.server", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    assert refused(run, GOLDEN_BUNDLE).endswith("install it with: pip install 'drupelet[serve]'\n")


def test_other_commands_import_nothing_of_it():
    program = (
        "import sys, drupelet.cli.main, drupelet.cli.predict, drupelet.classifier\n"
        "print([name for name in sys.modules if name.startswith(('drupelet.serve', 'waitress'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


def test_a_bundle_that_nobody_signed_is_not_served(run, waitress):
    status, _, err = run("serve", GOLDEN_BUNDLE, "--port", "0", "--key", key_line())
    assert (status, "is not signed" in err) == (1, True)
