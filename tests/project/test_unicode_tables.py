"""The committed tables of Unicode are what tools/unicode_tables.py writes, where a Python with that version is found."""

import shutil
import subprocess
from pathlib import Path

import pytest

from drupelet.text import UNICODE_VERSION

ROOT = Path(__file__).parents[2]
PYTHON_FILE = ROOT / "runtime/src/drupelet/text/unicode_tables.py"
C_FILE = ROOT / "runtime/csrc/unicode_tables.h"
WRITE = """if True:
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    import unicode_tables
    unicode_tables.PYTHON_FILE, unicode_tables.C_FILE = map(Path, sys.argv[2:])
    sys.exit(unicode_tables.main())
"""


def python_with_the_tables():
    """Python 3.13 by its name, or where pyenv keeps it; None where there is none that runs."""
    kept = sorted((Path.home() / ".pyenv/versions").glob("3.13*/bin/python3.13"))
    for name in filter(None, [shutil.which("python3.13"), *map(str, kept)]):
        if subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode == 0:
            return name
    return None


def test_the_program_writes_what_is_committed(tmp_path):
    python = python_with_the_tables()
    if python is None:
        pytest.skip("no Python 3.13, which has Unicode 15.1.0")
    written = tmp_path / "tables.py", tmp_path / "tables.h"
    outcome = subprocess.run(
        [python, "-c", WRITE, ROOT / "tools", *written], capture_output=True, text=True, check=False
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert written[0].read_text(encoding="utf-8") == PYTHON_FILE.read_text(encoding="utf-8")
    assert written[1].read_text(encoding="utf-8") == C_FILE.read_text(encoding="utf-8")


def test_text_rules_have_the_version_of_the_tables():
    assert f'"""Tables of Unicode {UNICODE_VERSION}. ' in PYTHON_FILE.read_text(encoding="utf-8")
