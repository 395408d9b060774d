"""``drupelet completion``: a script that the shell reads, with commands and options; without shtab, what to install."""

import shutil
import subprocess
import sys

import pytest

SHTAB = "shtab is not installed: pip install shtab"


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_bash_completes_commands_and_options(run):
    pytest.importorskip("shtab", reason=SHTAB)
    status, script, err = run("completion", "bash")
    assert (status, err) == (0, "")
    ask = "COMP_WORDS=(drupelet {words}); COMP_CWORD={place}; _shtab_drupelet; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    for words, place, expected in [
        ("pre", 1, "predict"),
        ("predict --sch", 2, "--scheme"),
        ("predict --json", 2, "--jsonl"),
    ]:
        told = subprocess.run(
            ["bash", "-c", f"{script}\n{ask.format(words=words, place=place)}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert expected in told.stdout.split()


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells(run, shell):
    pytest.importorskip("shtab", reason=SHTAB)
    status, script, _ = run("completion", shell)
    assert (status, "predict" in script) == (0, True)


def test_without_shtab_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)
    status, out, err = run("completion", "bash")
    assert (status, out) == (2, "")
    assert err == "drupelet completion: completion needs shtab: pip install 'drupelet[completion]'\n"
