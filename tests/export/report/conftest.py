"""A report with every optional part, and copies of it that tests may change."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from export.report.made_up_report import a_report


@pytest.fixture(scope="session")
def full() -> dict[str, Any]:
    """The JSON of a document with every optional part."""
    return a_report()


@pytest.fixture
def report(full: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``full`` that a test may change."""
    return copy.deepcopy(full)
