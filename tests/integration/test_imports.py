"""Dependencies point one way, and importing the runtime costs nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_linter_keeps_its_contract() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    outcome = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "1 kept, 0 broken" in outcome.stdout


def test_importing_the_runtime_imports_the_standard_library_only() -> None:
    program = (
        "import sys; before = set(sys.modules); import drupelet, drupelet.cli; print(*(set(sys.modules) - before))"
    )
    outcome = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    imported = {name.partition(".")[0] for name in outcome.stdout.split()}
    assert imported - set(sys.stdlib_module_names) == {"drupelet"}


def test_the_help_of_the_command_imports_nothing_heavy() -> None:
    program = (
        "import sys; from drupelet.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*({'keras', 'tensorflow', 'numpy', 'onnx'} & set(sys.modules)))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert all(command in outcome.stdout for command in ("train", "export", "parity", "verify", "predict"))
    assert outcome.stdout.splitlines()[-1] == ""
