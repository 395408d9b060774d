"""One report with everything in it, and copies of it to spoil."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from export.report.made_up_report import a_report


@pytest.fixture(scope="session")
def full() -> dict[str, Any]:
    """The JSON of a document with everything in it."""
    return a_report()


@pytest.fixture
def report(full: dict[str, Any]) -> dict[str, Any]:
    """A copy to spoil."""
    return copy.deepcopy(full)
