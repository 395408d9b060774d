"""A scorer of the tiny bundle, and small parts."""

import pytest

from drupelet.bulk import extents
from drupelet.bulk.scorer import Scorer


@pytest.fixture(scope="session")
def scorer(bundle_folder):
    """A scorer of the tiny bundle. Read only."""
    return Scorer(bundle_folder)


@pytest.fixture
def small_parts(monkeypatch):
    """A part is full with 64 bytes or three rows."""
    monkeypatch.setattr(extents, "PART_BYTES", 64)
    monkeypatch.setattr(extents, "PART_ROWS", 3)
