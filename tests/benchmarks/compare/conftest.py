"""Fake peers: a package ``fakes`` in a folder of its own, in place of benchmarks.compare.answering."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.compare import child, fresh, runner

FAKE = """
import os, sys, time
if {missing}:
    import no_such_library
class Answerer:
    def __init__(self, variant):
        if variant == "crash on load":
            print("out of luck", file=sys.stderr, flush=True)
            os.abort()
        self.variant = variant
    def prepare(self, text):
        return text.upper()
    def label(self, item):
        if self.variant == "slow":
            time.sleep(60)
        if self.variant == "crash":
            os._exit(3)
        if self.variant == "raises":
            raise ValueError("no such word\\nmore")
        if self.variant == "prints":
            print("a library says something")
        return "positive" if "GOOD" in item else "negative"
    def labels(self, items):
        return [self.label(item) for item in items]
    def about(self):
        return f"a fake, {{self.variant}}"
def load(folder, variant, threads):
    return Answerer(variant)
"""


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with the package ``fakes``: module ``peer``, and ``missing``, whose library is not there."""
    root = tmp_path / "root"
    package = root / "fakes"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "peer.py").write_text(FAKE.format(missing=False))
    (package / "missing.py").write_text(FAKE.format(missing=True))
    for module in (child, fresh):
        monkeypatch.setattr(module, "ROOT", root)
    for module in (child, fresh, runner):
        monkeypatch.setattr(module, "PACKAGE", "fakes")
    return root
